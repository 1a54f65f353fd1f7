/** How much harm a right allows: whoever has it owns the machine, can do some harm, or can do next to none. */
export type Danger = 'machine' | 'some' | 'usual';

export type Ranked = readonly { name: string; danger: Danger }[];

/** All rights of a system, the most dangerous first. */
export function rank(of: Readonly<Record<Danger, readonly string[]>>): Ranked {
  const dangers: readonly Danger[] = ['machine', 'some', 'usual'];
  return dangers.flatMap((danger) => of[danger].map((name) => ({ name, danger })));
}

export interface Held {
  name: string;
  /** Absent for a name that the system does not have, or not yet. */
  danger?: Danger;
  enabled: boolean;
  /** It was enabled from the beginning. */
  byDefault: boolean;
}

/** The rights of a process in one list, the dangerous ones first, unknown ones between them and the harmless. */
export function heldBy(
  ranked: Ranked,
  enabled: readonly string[],
  byDefault: readonly string[],
  present: readonly string[],
): Held[] {
  const names = new Set([...enabled, ...byDefault, ...present]);
  const held = (name: string, danger?: Danger): Held => ({
    name,
    danger,
    enabled: enabled.includes(name),
    byDefault: byDefault.includes(name),
  });
  const known = ranked.filter(({ name }) => names.delete(name)).map(({ name, danger }) => held(name, danger));
  const harmless = known.findIndex(({ danger }) => danger === 'usual');
  known.splice(harmless < 0 ? known.length : harmless, 0, ...[...names].sort().map((name) => held(name)));
  return known;
}
