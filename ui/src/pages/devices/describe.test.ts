import { expect, it } from 'vitest';
import type { DeviceEvent } from '@/api/types';
import { translator } from '@/app/i18n';
import { en } from '@/app/i18n/en';
import { makeFormat } from '@/app/i18n/format';
import { readDeviceSearch } from '@/app/search';
import { className, deviceOfKey, keyOfEvent, nameOf, typesAndStores, valueFor, volumeText } from './describe';

const t = translator(en);
const ids = { vendor_id: '0951', product_id: '1666' };

it.each([
  [{ product_name: 'DataTraveler 3.0', vendor_name: 'Kingston' }, 'DataTraveler 3.0'],
  [{ product_name: '  ', vendor_name: 'Kingston' }, 'Kingston'],
  [{}, '0951:1666'],
])('names a device that says %j: %s', (said, want) => {
  expect(nameOf({ ...ids, ...said })).toBe(want);
});

it('says classes in words, and those it does not know as they are', () => {
  expect(className('mass_storage', t)).toBe('Storage');
  expect(className('class_42', t)).toBe('class_42');
});

it('finds what keeps files and types', () => {
  expect(typesAndStores(['hid', 'mass_storage'])).toBe(true);
  expect(typesAndStores(['mass_storage'])).toBe(false);
});

it('leads from a value to all devices that share it, quoted as the filter reads it', () => {
  expect(valueFor('serial', undefined, t)).toBeUndefined();
  const [same] = valueFor('serial', 'a" OR *', t)!.also!;
  const address = new URL(same!.href, 'https://x');
  expect(readDeviceSearch(Object.fromEntries(address.searchParams))).toMatchObject({
    tab: 'devices',
    q: 'serial:"a\\" OR [*]"',
  });
});

it('tells a volume by what is known of it', () => {
  const fmt = makeFormat('en', 'utc');
  expect(volumeText({ mount: 'E:', label: 'BACKUP', file_system: 'exFAT', bytes: 2 ** 30 }, fmt)).toBe(
    'E: · BACKUP · exFAT · 1\u00a0GiB',
  );
  expect(volumeText({ serial: '1A2B-3C4D' }, fmt)).toBe('');
});

it('finds the device of an event in an address', () => {
  expect(deviceOfKey(keyOfEvent({ id: 71, device: 12 } as DeviceEvent))).toBe(12);
  expect(deviceOfKey('nonsense')).toBeNaN();
});

it('reads the address of the page, and drops nonsense', () => {
  expect(
    readDeviceSearch({ q: ' x ', tab: 'elsewhere', sort: 'plugs', order: 'asc', range: '7d', d: '12-71' }),
  ).toEqual({ q: 'x', order: 'asc', range: '7d', d: '12-71' });
  expect(readDeviceSearch({ tab: 'devices', sort: 'plugs' })).toEqual({ tab: 'devices', sort: 'plugs' });
  expect(readDeviceSearch({ tab: 'devices', sort: 'colour' })).toEqual({ tab: 'devices' });
});
