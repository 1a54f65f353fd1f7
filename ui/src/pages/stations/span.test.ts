import { expect, it } from 'vitest';
import { pulseHistogram } from '../overview/pulse';
import { readSpan, spanBefore } from './span';

it('ends with the hour of the last event', () => {
  expect(spanBefore('2026-11-20T08:59:59.999Z', '24h')).toEqual({
    from: '2026-11-19T09:00:00.000Z',
    to: '2026-11-20T09:00:00.000Z',
  });
  expect(spanBefore('2026-11-20T09:00:00Z', '24h').to).toBe('2026-11-20T10:00:00.000Z');
});

it('reads nonsense as the usual span', () => {
  expect(readSpan('30d')).toBe('30d');
  expect(readSpan('31d')).toBe('7d');
  expect(readSpan(undefined)).toBe('7d');
});

it('counts starts and stops together', () => {
  const pulse = {
    from: '2026-11-20T08:00:00Z',
    to: '2026-11-20T09:00:00Z',
    bucket_seconds: 3600,
    hours: [{ start: '2026-11-20T08:00:00Z', starts: 3, stops: 2 }],
    top: [],
  };
  expect(pulseHistogram(pulse).buckets).toEqual([{ start: '2026-11-20T08:00:00Z', count: 5 }]);
});
