import { expect, it } from 'vitest';
import { lanesOf } from './lanes';

const span = (key: string, from: number, to?: number) => ({ key, name: 'a.exe', from, to });

it('keeps the first lane for the first, and packs the others without one over another', () => {
  const bars = lanesOf([span('self', 500, 600), span('b', 0, 100), span('a', 50, 60), span('c', 400)], 0, 1000, 1000);
  expect(bars.map(({ span, lane }) => [span.key, lane])).toEqual([
    ['self', 0],
    ['b', 1],
    ['a', 2],
    ['c', 1],
  ]);
});

it('cuts what reaches beyond, leaves out what lies outside, and draws even the shortest', () => {
  const bars = lanesOf([span('long', -500, 5000), span('gone', -10, -1), span('short', 10, 10)], 0, 1000, 500);
  expect(bars.map(({ span, left, width, cutLeft, cutRight }) => [span.key, left, width, cutLeft, cutRight])).toEqual([
    ['long', 0, 500, true, true],
    ['short', 5, 3, false, false],
  ]);
});
