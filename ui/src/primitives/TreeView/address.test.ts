import { expect, it } from 'vitest';
import { readView, writeView } from './address';
import { emptyState, siblingsKey, toggled, unfolded } from './tree';

it('writes what is open and folded, and reads it again', () => {
  let state = toggled(emptyState, '1-hoff5m5dfv-f9d9', true);
  state = toggled(state, '1-abc-ff', false);
  state = toggled(state, `${siblingsKey} 1-abc-00`, true);
  state = unfolded(unfolded(state, '1-abc-ff', false), '2-abc-ff', true);
  const text = writeView(state);
  expect(text).toBe('1-hoff5m5dfv-f9d9.*1-abc-ff.siblings_1-abc-00.1-abc-ff*115.2-abc-ff*all');
  expect(readView(text)).toEqual(state);
  expect(writeView(emptyState)).toBeUndefined();
});

it('keeps the latest where not all fits, and takes nonsense for nothing', () => {
  const keys = Array.from({ length: 200 }, (_, i) => `process-${i}`);
  const state = keys.reduce((old, key) => toggled(old, key, true), emptyState);
  const text = writeView(state)!;
  expect(text.length).toBeLessThanOrEqual(1_500);
  expect(text.endsWith('process-199')).toBe(true);
  expect(readView('a*b*c.*.d*1e9').limits.size).toBe(0);
});
