import { expect, it } from 'vitest';
import { bandAt, drawn, joined } from './bands';

const minute = (n: number) => new Date(Date.UTC(2026, 10, 20, 8, n)).toISOString();
const band = (from: number, to: number, stations = 1) => ({ from: minute(from), to: minute(to), stations });

it('joins bands that touch, keeps the most stations, and leaves out bands of none', () => {
  expect(joined([band(10, 20, 2), band(0, 5), band(20, 30), band(40, 50, 0)])).toEqual([band(0, 5), band(10, 30, 2)]);
});

it('does not change what it is given', () => {
  const given = [band(0, 10), band(10, 20, 3)];
  joined(given);
  expect(given).toEqual([band(0, 10), band(10, 20, 3)]);
});

it('cuts bands at the ends of the axis, and draws even the shortest', () => {
  const [from, to] = [Date.parse(minute(10)), Date.parse(minute(20))];
  const at = (bands: Parameters<typeof drawn>[0]) =>
    drawn(bands, from, to, 100).map(({ left, width }) => [left, width]);
  expect(at([band(0, 15)])).toEqual([[0, 50]]);
  expect(at([band(12, 12)])).toEqual([[20, 3]]);
  expect(at([band(20, 90)])).toEqual([[97, 3]]);
  expect(at([band(0, 9), band(21, 30)])).toEqual([]);
  expect(drawn([band(0, 30)], from, to, 0)).toEqual([]);
});

it('tells which band a moment lies in', () => {
  expect(bandAt([band(10, 20, 4)], Date.parse(minute(15)))?.stations).toBe(4);
  expect(bandAt([band(10, 20, 4)], Date.parse(minute(25)))).toBeUndefined();
});
