import { expect, it } from 'vitest';
import { readStationSearch } from '@/app/search';
import { picking } from './StationFacets';

it('chooses by a value, and lets it go with a second click', () => {
  expect(picking({}, 'label', 'office')).toEqual({ label: 'office' });
  expect(picking({ label: 'office' }, 'label', 'office')).toEqual({ label: undefined });
  expect(picking({}, 'state', 'silent')).toEqual({ show: 'silent' });
  expect(picking({ show: 'silent' }, 'state', 'silent')).toEqual({ show: undefined });
  expect(picking({}, 'state', 'nonsense')).toEqual({ show: undefined });
  expect(picking({}, 'fingerprint', 'x')).toEqual({});
});

it('reads the filters of stations from an address, and drops nonsense', () => {
  expect(readStationSearch({ label: 'a,b', system: '', show: 'retired', sort: 'last_contact', q: 'x' })).toEqual({
    label: 'a,b',
    show: 'retired',
    sort: 'last_contact',
  });
  expect(readStationSearch({ show: 'gone', agent_version: 7 })).toEqual({});
});
