import { Anchor } from '@mantine/core';
import type { DeviceEvent, Volume, WholeDevice } from '@/api/types';
import type { Translate } from '@/app/i18n';
import type { Format } from '@/app/i18n/format';
import { stationHref } from '@/app/search';
import type { Fact, FactGroup } from '@/primitives/Facts';
import { HostileText } from '@/primitives/Text';
import { valueFor, volumeText } from './describe';
import { Classes, KindChip } from './parts';

/** What is known of a device itself. */
export function deviceFacts(device: WholeDevice, t: Translate, fmt: Format): FactGroup[] {
  const fact = (member: 'vendor_name' | 'product_name' | 'vendor_id' | 'product_id' | 'serial'): Fact => ({
    name: t(`device.${member}`),
    shown: device[member],
    code: member !== 'vendor_name' && member !== 'product_name',
    copied: member === 'serial',
    value: valueFor(member, device[member], t),
  });
  return [
    {
      title: t('device.about'),
      facts: [
        fact('product_name'),
        fact('vendor_name'),
        { name: t('device.classes'), shown: device.classes.length > 0 ? <Classes classes={device.classes} /> : null },
        fact('vendor_id'),
        fact('product_id'),
        { name: t('device.revision'), shown: device.revision, code: true },
        device.serial ? fact('serial') : { name: t('device.serial'), shown: t('device.noSerialTitle') },
      ],
    },
    {
      title: t('device.volumes'),
      facts: device.volumes.flatMap((volume) => volumeFacts({ ...volume, mount: undefined }, t, fmt)),
    },
    {
      title: t('device.seen'),
      facts: [
        { name: t('device.firstSeen'), shown: fmt.exact(device.first_seen) },
        { name: t('device.lastSeen'), shown: fmt.exact(device.last_seen) },
        { name: t('device.stations'), shown: fmt.number(device.stations) },
        { name: t('device.plugs'), shown: fmt.number(device.plugs) },
      ],
    },
  ];
}

function volumeFacts(volume: Volume, t: Translate, fmt: Format): Fact[] {
  return [
    { name: t('device.volume'), shown: volumeText(volume, fmt) },
    {
      name: t('device.volumeSerial'),
      shown: volume.serial,
      code: true,
      copied: true,
      value: valueFor('volume_serial', volume.serial, t),
    },
  ];
}

/** What one event tells. */
export function eventFacts(event: DeviceEvent, t: Translate, fmt: Format): FactGroup {
  return {
    title: t('device.event'),
    facts: [
      { name: t('field.kind'), shown: <KindChip kind={event.kind} /> },
      { name: t('field.time'), shown: fmt.exact(event.time) },
      event.inferred ? { name: t('device.inferred'), shown: t('device.inferredText') } : undefined,
      {
        name: t('field.station'),
        shown: (
          <Anchor href={stationHref(event.station.id, 'devices')}>
            <HostileText>{event.station.name}</HostileText>
          </Anchor>
        ),
        value: { field: 'station', value: event.station.name },
      },
      ...(event.volumes ?? []).flatMap((volume) => volumeFacts(volume, t, fmt)),
      {
        name: t('device.instance'),
        shown: event.device_name,
        code: true,
        value: { field: 'device_name', value: event.device_name },
      },
      { name: t('field.missing'), shown: event.missing, code: true },
      { name: t('device.received'), shown: fmt.exact(event.received) },
    ],
  };
}
