import type { Gap, GapCause } from '@/api/types';
import type { Translate } from '@/app/i18n';
import type { Format } from '@/app/i18n/format';

/** All that there are, in the order in which they are offered. */
export const causes: readonly GapCause[] = [
  'source_lost',
  'spool_evicted',
  'spool_damaged',
  'agent_off',
  'before_agent',
  'refused',
  'unexplained',
  'enrichment_skipped',
  'clock_jump',
];

/** Of these the events are there: only a detail is missing, or the time is unsure. */
const harmless: ReadonlySet<GapCause> = new Set(['enrichment_skipped', 'clock_jump']);

/** Whether events are missing, and not only something about them. */
export function isBlind(cause: GapCause): boolean {
  return !harmless.has(cause);
}

/** How many events a gap is about, in a sentence. */
export function eventsMissing({ cause, events }: Pick<Gap, 'cause' | 'events'>, t: Translate, fmt: Format): string {
  const values = { n: events ?? 0, events: fmt.number(events ?? 0) };
  if (!isBlind(cause)) return events === undefined ? '' : t('gaps.eventsLacking', values);
  return events === undefined ? t('gaps.eventsUnknown') : t('gaps.eventsMissing', values);
}
