import { expect, it } from 'vitest';
import type { Station } from '@/api/types';
import { freshen } from './fresh';

const station = (id: number, processes = 0) => ({ id, name: `S${id}`, processes }) as Station;
const rows = [station(1), station(2), station(3)];

it('takes over the latest figures and moves no row', () => {
  const found = freshen(rows, [station(3, 9), station(1, 4)], { ended: true, settled: false });
  expect(found.rows.map(({ id, processes }) => [id, processes])).toEqual([
    [1, 4],
    [2, 0], // it is gone, and stays until the list is read anew
    [3, 9],
  ]);
  expect(found.news).toBe(0);
});

it('counts the stations that have come', () => {
  const now = [station(7), station(1), station(8), station(2), station(3), station(9)];
  expect(freshen(rows, now, { ended: true, settled: false }).news).toBe(3);
  // What follows the last row read is no news: it comes with the next page.
  expect(freshen(rows, now, { ended: false, settled: true }).news).toBe(2);
  // It may have come up from the pages that are not read yet.
  expect(freshen(rows, now, { ended: false, settled: false }).news).toBe(0);
  expect(freshen([], now, { ended: true, settled: true })).toEqual({ rows: [], news: 6 });
  expect(freshen([], [], { ended: true, settled: true })).toEqual({ rows: [], news: 0 });
});
