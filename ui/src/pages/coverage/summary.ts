import type { Coverage } from '@/api/types';
import type { Translate } from '@/app/i18n';
import type { Format } from '@/app/i18n/format';

const day = 86_400_000;

/** A span as people say it: times of day where it lies within today, with the date where it does not. */
export function spanText(from: string, to: string, fmt: Format, now: number): string {
  const date = fmt.date(from);
  if (fmt.date(to) !== date) return `${fmt.dateTime(from).slice(0, 16)} – ${fmt.dateTime(to).slice(0, 16)}`;
  const short = Date.parse(to) - Date.parse(from) < 120_000;
  const clock = (iso: string) => fmt.clock(iso).slice(0, short ? 8 : 5);
  const times = clock(from) === clock(to) ? clock(from) : `${clock(from)}–${clock(to)}`;
  return date === fmt.date(new Date(now).toISOString()) ? times : `${date} ${times}`;
}

/** How many events are missing, as far as anybody knows; undefined where none are. */
export function lossText({ lost, lost_unknown }: Coverage, t: Translate, fmt: Format): string | undefined {
  const values = { n: lost, events: fmt.number(lost) };
  if (lost > 0) return lost_unknown ? t('coverage.lostAtLeast', values) : t('coverage.lost', values);
  return lost_unknown ? t('coverage.lostUnknown') : undefined;
}

/** What an answer lacks, in one line. */
export function coverageText(coverage: Coverage, t: Translate, fmt: Format, now: number): string {
  const { gaps, stations, from, to, silent, behind } = coverage;
  const parts: string[] = [];
  if (stations > 0) {
    const span = from && to ? ` ${spanText(from, to, fmt, now)}` : '';
    const blind = t('coverage.blind', { n: stations, stations: fmt.number(stations) }) + span;
    parts.push([blind, lossText(coverage, t, fmt)].filter(Boolean).join(', '));
  } else if (gaps > 0) {
    parts.push(t('coverage.unsure', { n: gaps, gaps: fmt.number(gaps) }));
  }
  if (silent > 0) parts.push(t('coverage.silent', { n: silent, stations: fmt.number(silent) }));
  if (behind > 0) parts.push(t('coverage.behind', { n: behind, stations: fmt.number(behind) }));
  return parts.join('; ');
}

/** The station's clock beside the server's, in words. Within a second nobody can tell them apart. */
export function offsetText(offset: number, t: Translate, fmt: Format): string {
  if (Math.abs(offset) < 1000) return t('clock.inStep');
  const by =
    Math.abs(offset) >= 2 * day
      ? fmt.duration(Math.round(Math.abs(offset) / day) * day)
      : fmt.duration(Math.abs(offset));
  return offset > 0 ? t('clock.behind', { by }) : t('clock.ahead', { by });
}
