import { expect, it } from 'vitest';
import { isNarrowed, narrowed, spanOf, widened } from './firstSeen';

const term = 'first_seen:2026-11-20T08:00:00Z..2026-11-20T08:59:59Z';

it('narrows a filter to what a brush covers, whole seconds and the last one in it', () => {
  expect(narrowed('', '2026-11-20T08:00:00.000Z', '2026-11-20T09:00:00.000Z')).toBe(term);
  expect(narrowed('-signed:true', '2026-11-20T08:00:00.900Z', '2026-11-20T08:59:59.100Z')).toBe(`-signed:true ${term}`);
  expect(narrowed('', '2026-11-20T08:00:00.100Z', '2026-11-20T08:00:00.200Z')).toBe(
    'first_seen:2026-11-20T08:00:00Z..2026-11-20T08:00:00Z',
  );
});

it('takes the place of what was said of the time before, and keeps all else', () => {
  expect(narrowed('first_seen:>-24h prevalence:1', '2026-11-20T08:00:00Z', '2026-11-20T09:00:00Z')).toBe(
    `prevalence:1 ${term}`,
  );
  expect(widened(`a ${term} first_seen:>-7d`)).toBe('a');
  // Within an OR it is no demand: the span comes on top.
  expect(narrowed('first_seen:>-1h OR runs:1', '2026-11-20T08:00:00Z', '2026-11-20T09:00:00Z')).toBe(
    `(first_seen:>-1h OR runs:1) ${term}`,
  );
  expect(widened('"first_seen:x" -first_seen:>-1h')).toBe('"first_seen:x" -first_seen:>-1h');
  expect(isNarrowed('first_seen:>-24h')).toBe(true);
  expect(isNarrowed('runs:1')).toBe(false);
});

it('finds the span again that a brush has written, and no other', () => {
  expect(spanOf(`-signed:true ${term}`)).toEqual({ from: '2026-11-20T08:00:00Z', to: '2026-11-20T09:00:00Z' });
  for (const q of ['', 'first_seen:>-24h', 'first_seen:2026-11-20', `${term} OR runs:1`]) expect(spanOf(q)).toEqual({});
  expect(spanOf('first_seen:2026-11-20T09:00:00Z..2026-11-20T08:00:00Z')).toEqual({});
  expect(spanOf('first_seen:2026-99-20T08:00:00Z..2026-11-20T08:00:00Z')).toEqual({});
});
