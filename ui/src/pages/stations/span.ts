import { spanOf } from '@/app/range';

/** Of which spans a station's page can tell; the server adds up at most 92 days. */
export const spans = ['24h', '7d', '30d', '90d'] as const;
export type Span = (typeof spans)[number];

export const usualSpan: Span = '7d';

/** The span that an address names, or the usual one. */
export function readSpan(text: string | undefined): Span {
  return spans.find((each) => each === text) ?? usualSpan;
}

/**
 * The span in instants. It ends with the station's last event and not now: what
 * an old log tells of is as interesting as what happened today.
 */
export function spanBefore(lastSeen: string, span: Span): { from: string; to: string } {
  const hour = 3_600_000;
  const to = Math.floor(Date.parse(lastSeen) / hour) * hour + hour;
  return { from: new Date(to - spanOf(span)!).toISOString(), to: new Date(to).toISOString() };
}
