import type { Histogram, Pulse } from '@/api/types';

/** More bars than this cannot be told apart, and are slow to draw. */
const mostBars = 240;

/** The hours of a pulse as the bars of a histogram: starts and stops together, as events are counted everywhere. */
export function pulseHistogram(pulse: Pulse): Histogram {
  const together = Math.max(1, Math.ceil(pulse.hours.length / mostBars));
  const buckets: Histogram['buckets'] = [];
  pulse.hours.forEach(({ start, starts, stops }, i) => {
    if (i % together === 0) buckets.push({ start, count: 0 });
    buckets.at(-1)!.count += starts + stops;
  });
  return {
    from: pulse.from,
    to: pulse.to,
    bucket_seconds: pulse.bucket_seconds * together,
    buckets,
    complete: true,
  };
}

/** How many events there are in a pulse. */
export function eventsIn(pulse: Pulse): number {
  return pulse.hours.reduce((sum, hour) => sum + hour.starts + hour.stops, 0);
}
