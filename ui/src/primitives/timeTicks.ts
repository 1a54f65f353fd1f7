import { timeTicks, utcTicks } from 'd3-time';
import { useI18n } from '@/app/i18n';
import { usePreferences } from '@/app/preferences';

const day = 86_400_000;
const year = 300 * day;
/** Pixels that a tick needs, and how near to an end of the axis none is put. */
const [room, edge] = [120, 24];

export interface Tick {
  /** In pixels from the left. */
  at: number;
  text: string;
}

/** Where an axis of time is marked, and with what: times of day, or dates where the span is long. */
export function useTimeTicks(from: number, to: number, width: number): Tick[] {
  const { fmt } = useI18n();
  const { zone } = usePreferences();
  const span = Math.max(to - from, 1);
  const text = (tick: Date) => {
    const iso = tick.toISOString();
    const midnight = fmt.clock(iso).startsWith('00:00:00');
    if (midnight || span > 8 * day) return span > year ? fmt.date(iso).slice(0, 7) : fmt.date(iso).slice(5);
    return fmt.clock(iso).slice(0, span < 10 * 60_000 ? 8 : 5);
  };
  if (width === 0) return [];
  return (zone === 'utc' ? utcTicks : timeTicks)(new Date(from), new Date(to), Math.max(2, Math.floor(width / room)))
    .map((tick) => ({ at: ((tick.getTime() - from) / span) * width, text: text(tick) }))
    .filter(({ at }) => at >= edge && at <= width - edge);
}
