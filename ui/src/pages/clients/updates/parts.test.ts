import { expect, it } from 'vitest';
import { offered, parts, percent } from './parts';

const stations = { all: 20, in_scope: 10, current: 4, behind: 5, unable: 1, under_way: 2, succeeded: 4, failed: 0 };

it('counts each chosen station once', () => {
  const found = parts(stations);
  expect(found.map(({ part, value }) => `${part} ${value}`)).toEqual([
    'current 4',
    'underWay 2',
    'behind 3',
    'unable 1',
  ]);
  expect(found.reduce((sum, { value }) => sum + value, 0)).toBe(stations.in_scope);
  // One that has just come up with the new agent may still be counted as under way.
  expect(parts({ ...stations, behind: 1 }).map(({ value }) => value)).toEqual([4, 1, 0, 1]);
});

it('names the version that all are offered, and none where they differ', () => {
  const program = { system: 'linux' as const, arch: 'amd64', version: 'v2', size: 1, sha256: '', signed: false };
  expect(offered([])).toBeUndefined();
  expect(offered([program, { ...program, system: 'windows' }])).toBe('v2');
  expect(offered([program, { ...program, version: 'v1' }])).toBeUndefined();
  expect(offered([program, { ...program, version: 'v1', problem: { message: 'no' } }])).toBe('v2');
});

it('reads whole per cents from 1 to 100', () => {
  expect([' 1 ', '100'].map(percent)).toEqual([1, 100]);
  for (const typed of ['', '0', '101', '5.5', '-1', 'ten']) expect(percent(typed), typed).toBeUndefined();
});
