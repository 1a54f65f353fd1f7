import { addTerm, dropTerm, findTerm } from '@/primitives/FilterBar/terms';

const anyTerm = /^first_seen:/;
/** What a brush writes: whole seconds, of which the last is in the span too. */
const brushed = /^first_seen:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\.\.(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/;
const second = 1000;

/** A time as the filter language writes a second. */
const inSeconds = (time: number) => new Date(time).toISOString().replace('.000Z', 'Z');

/** A filter narrowed to what was first seen in a span, in place of what it said of that. */
export function narrowed(q: string, from: string, to: string): string {
  const start = Math.floor(Date.parse(from) / second) * second;
  const end = Math.max(start, Math.ceil(Date.parse(to) / second) * second - second);
  return addTerm(widened(q), `first_seen:${inSeconds(start)}..${inSeconds(end)}`);
}

/** A filter without what it demands of when binaries were first seen. */
export function widened(q: string): string {
  const term = findTerm(q, anyTerm);
  return term === undefined ? q : widened(dropTerm(q, term));
}

/** Whether a filter demands something of when binaries were first seen. */
export function isNarrowed(q: string): boolean {
  return findTerm(q, anyTerm) !== undefined;
}

/** The span that a brush has narrowed a filter to; `to` is exclusive. Nothing where it is not from a brush. */
export function spanOf(q: string): { from?: string; to?: string } {
  const [, from, last] = brushed.exec(findTerm(q, brushed) ?? '') ?? [];
  if (from === undefined || last === undefined || !(Date.parse(from) <= Date.parse(last))) return {};
  return { from, to: inSeconds(Date.parse(last) + second) };
}
