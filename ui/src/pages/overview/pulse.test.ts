import { expect, it } from 'vitest';
import type { Pulse } from '@/api/types';
import { eventsIn, pulseHistogram } from './pulse';

const hour = 3_600_000;
const begin = Date.parse('2026-11-20T00:00:00Z');
const at = (n: number) => new Date(begin + n * hour).toISOString();

function pulse(hours: number): Pulse {
  return {
    from: at(0),
    to: at(hours),
    bucket_seconds: 3600,
    hours: Array.from({ length: hours }, (_, n) => ({ start: at(n), starts: 2, stops: 1 })),
    top: [],
  };
}

it('draws a bar for each hour, starts and stops together', () => {
  const found = pulseHistogram(pulse(168));
  expect(found.bucket_seconds).toBe(3600);
  expect(found.buckets).toHaveLength(168);
  expect(found.buckets[1]).toEqual({ start: at(1), count: 3 });
});

it('puts hours together where there are more than can be told apart, and loses none', () => {
  const long = pulse(2161);
  const found = pulseHistogram(long);
  expect(found.bucket_seconds).toBe(10 * 3600);
  expect(found.buckets).toHaveLength(217);
  expect(found.buckets[1]!.start).toBe(at(10));
  expect(found.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(eventsIn(long));
});
