import { expect, it } from 'vitest';
import type { DeviceEvent, DeviceKind } from '@/api/types';
import { staysOf } from './stays';

let seq = 0;
const event = (kind: DeviceKind, station: number, minute: number, more: Partial<DeviceEvent> = {}) =>
  ({
    id: ++seq,
    seq,
    kind,
    station: { id: station, name: `S${station}` },
    time: new Date(Date.UTC(2026, 10, 20, 8, minute)).toISOString(),
    ...more,
  }) as DeviceEvent;

const told = (events: DeviceEvent[]) =>
  staysOf(events).map(({ station, from, to, lasts }) =>
    [station.name, from?.slice(14, 16) ?? '?', to?.slice(14, 16) ?? (lasts ? 'now' : '?')].join(' '),
  );

it('tells stay by stay where a device went, whatever the order of its events', () => {
  const events = [
    event('device_plugged', 1, 0),
    event('device_removed', 1, 5),
    event('device_plugged', 2, 10),
    event('device_removed', 2, 12),
    event('device_plugged', 1, 20),
  ];
  const want = ['S1 00 05', 'S2 10 12', 'S1 20 now'];
  expect(told(events)).toEqual(want);
  expect(told([...events].reverse())).toEqual(want);
});

it('leaves open what nobody saw', () => {
  // It went, and nobody saw it come.
  expect(told([event('device_removed', 1, 3)])).toEqual(['S1 ? 03']);
  // It came twice: it must have gone in between.
  expect(told([event('device_plugged', 1, 0), event('device_plugged', 1, 9)])).toEqual(['S1 00 ?', 'S1 09 now']);
});

it('takes what was found where it was for the same stay', () => {
  const stick = [{ mount: 'E:' }];
  const stays = staysOf([
    event('device_plugged', 1, 0),
    event('device_present', 1, 30, { volumes: stick }),
    event('device_removed', 1, 40, { inferred: true }),
  ]);
  expect(stays).toHaveLength(1);
  expect(stays[0]).toMatchObject({ lasts: false, fromInferred: false, toInferred: true, volumes: stick });
});

it('knows that what was found had come before', () => {
  expect(staysOf([event('device_present', 1, 7)])[0]).toMatchObject({ fromInferred: true, lasts: true });
});

it('lets two stations have a device without a serial number of its own at once', () => {
  expect(told([event('device_plugged', 1, 0), event('device_plugged', 2, 1), event('device_removed', 1, 2)])).toEqual([
    'S1 00 02',
    'S2 01 now',
  ]);
});
