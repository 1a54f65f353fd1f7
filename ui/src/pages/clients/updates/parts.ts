import type { UpdateProgram, Updates } from '@/api/types';

/** Where the stations that are chosen stand. */
export type Part = 'current' | 'underWay' | 'behind' | 'unable';

/** How many of the chosen stations stand where; together they are all of them. */
export function parts({ current, behind, unable, under_way }: Updates['stations']): { part: Part; value: number }[] {
  // One that is being updated has the older agent still.
  const moving = Math.min(under_way, behind);
  return [
    { part: 'current', value: current },
    { part: 'underWay', value: moving },
    { part: 'behind', value: behind - moving },
    { part: 'unable', value: unable },
  ];
}

/** The version that is offered, where it is one for all. */
export function offered(programs: readonly UpdateProgram[]): string | undefined {
  const versions = new Set(programs.filter(({ problem }) => !problem).map(({ version }) => version));
  return versions.size === 1 ? [...versions][0] : undefined;
}

/** A share or a threshold as it is typed; undefined where it is none. */
export function percent(typed: string): number | undefined {
  const number = typed.trim();
  return /^\d{1,3}$/.test(number) && Number(number) >= 1 && Number(number) <= 100 ? Number(number) : undefined;
}
