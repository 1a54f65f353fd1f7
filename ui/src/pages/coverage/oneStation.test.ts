import { expect, it } from 'vitest';
import { oneStation } from './oneStation';

it('knows when a filter is about one station', () => {
  expect(oneStation('station_id:12')).toBe(12);
  expect(oneStation('image:*.exe station_id:12 kind:start')).toBe(12);
});

it('does not guess', () => {
  for (const q of [
    undefined,
    '',
    'station:A',
    '-station_id:12',
    'station_id:1 OR station_id:2',
    'NOT station_id:1',
    'station_id:>1',
    '"station_id:1"',
  ]) {
    expect(oneStation(q), q).toBeUndefined();
  }
});
