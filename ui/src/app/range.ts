/** A span of time as it stands in the address. */
export type Range = { kind: 'last'; span: string } | { kind: 'all' } | { kind: 'between'; from?: string; to?: string };

export const presets = ['15m', '1h', '24h', '7d', '30d'] as const;
export const usual: Range = { kind: 'last', span: '24h' };

const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The milliseconds of "15m", "24h", "7d"; undefined for anything else. */
export function spanOf(text: string): number | undefined {
  const found = /^([1-9]\d{0,4})([mhd])$/.exec(text);
  return found ? Number(found[1]) * units[found[2]!]! : undefined;
}

function instant(text: unknown): string | undefined {
  if (typeof text !== 'string' || !/^\d{4}-\d\d/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

export interface RangeParameters {
  range?: string;
  from?: string;
  to?: string;
}

/** Reads a span from an address; what makes no sense counts as absent. */
export function readRange({ range, from, to }: RangeParameters): Range {
  const [start, end] = [instant(from), instant(to)];
  if (start || end) return { kind: 'between', from: start, to: end };
  if (range === 'all') return { kind: 'all' };
  if (range && spanOf(range)) return { kind: 'last', span: range };
  return usual;
}

/** Writes a span into an address; the usual one is left out. */
export function writeRange(range: Range): RangeParameters {
  if (range.kind === 'between') return { range: undefined, from: range.from, to: range.to };
  const text = range.kind === 'all' ? 'all' : range.span;
  return { range: text === (usual as { span: string }).span ? undefined : text, from: undefined, to: undefined };
}

/** The span in instants, as seen at a moment. A span that reaches to now has no end, so that new events are in it. */
export function resolve(range: Range, now: number): { from?: string; to?: string } {
  switch (range.kind) {
    case 'all':
      return {};
    case 'between':
      return { from: range.from, to: range.to };
    case 'last':
      return { from: new Date(now - (spanOf(range.span) ?? 86_400_000)).toISOString() };
  }
}

/** A span with half of itself more on either side; one that is open at an end, without any end. */
export function widened(range: Range): Range {
  if (range.kind !== 'between' || !range.from || !range.to) return { kind: 'all' };
  const [from, to] = [Date.parse(range.from), Date.parse(range.to)];
  const more = Math.max((to - from) / 2, 1000);
  return {
    kind: 'between',
    from: new Date(from - more).toISOString(),
    to: new Date(to + more).toISOString(),
  };
}

/** Whether events that happen now fall into the span. */
export function reachesNow(range: Range, now: number): boolean {
  return range.kind !== 'between' || range.to === undefined || Date.parse(range.to) > now;
}

/** Reads what a person types as an instant: a date, or a date and time, in the zone they chose. */
export function readInstant(text: string, zone: 'local' | 'utc'): string | undefined {
  const found =
    /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?\s*(Z|UTC)?\s*$/i.exec(text);
  if (!found) return undefined;
  const [y, mo, d, h, mi, s] = found.slice(1, 7).map((n) => Number(n ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = Number((found[7] ?? '0').padEnd(3, '0'));
  if (mo < 1 || mo > 12 || d < 1 || d > new Date(Date.UTC(y, mo, 0)).getUTCDate() || h > 23 || mi > 59 || s > 59)
    return undefined;
  const utc = zone === 'utc' || found[8] !== undefined;
  const date = utc ? new Date(Date.UTC(y, mo - 1, d, h, mi, s, ms)) : new Date(y, mo - 1, d, h, mi, s, ms);
  return date.toISOString();
}
