import type { Histogram, Pulse } from '@/api/types';

/** The hours of a pulse as the bars of a histogram: starts and stops together, as events are counted everywhere. */
export function pulseHistogram(pulse: Pulse): Histogram {
  return {
    from: pulse.from,
    to: pulse.to,
    bucket_seconds: pulse.bucket_seconds,
    buckets: pulse.hours.map(({ start, starts, stops }) => ({ start, count: starts + stops })),
    complete: true,
  };
}

/** How many events there are in a pulse. */
export function eventsIn(pulse: Pulse): number {
  return pulse.hours.reduce((sum, hour) => sum + hour.starts + hour.stops, 0);
}
