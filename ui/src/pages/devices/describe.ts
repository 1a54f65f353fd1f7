import type { Device, DeviceEvent, Volume } from '@/api/types';
import type { Translate } from '@/app/i18n';
import type { Dictionary, Key } from '@/app/i18n/en';
import type { Format } from '@/app/i18n/format';
import { devicesHref } from '@/app/search';
import { termFor } from '@/primitives/FilterBar/terms';
import type { Value } from '@/primitives/ValueMenu';

type Named = Pick<Device, 'vendor_id' | 'product_id' | 'vendor_name' | 'product_name'>;

/** The numbers of the vendor and the product, as they are usually written. */
export function numbersOf(device: Named): string {
  return `${device.vendor_id}:${device.product_id}`;
}

/** What a device is called: by itself, by its vendor, or by its numbers. */
export function nameOf(device: Named): string {
  return device.product_name?.trim() || device.vendor_name?.trim() || numbersOf(device);
}

/** A class of devices in words; one that has none here by its own word. */
export function className(word: string, t: Translate): string {
  const text = t(`usb.${word}` as Extract<Key, `usb.${string}`>) as Dictionary[Key] | undefined;
  return typeof text === 'string' ? text : word;
}

/** Whether a device is storage and an input device at once, as tools are that type commands by themselves. */
export function typesAndStores(classes: readonly string[]): boolean {
  return classes.includes('hid') && classes.includes('mass_storage');
}

const pivots = ['vendor_id', 'product_id', 'vendor_name', 'product_name', 'serial', 'volume_serial', 'class'] as const;
type Pivot = (typeof pivots)[number];

/** A value of a device as one that can be filtered by; all devices that share it are one step away. */
export function valueFor(field: Pivot, value: string | undefined, t: Translate): Value | undefined {
  if (!value) return undefined;
  return {
    field,
    value,
    also: [{ href: devicesHref({ tab: 'devices', q: termFor(field, value) }), label: t(`devices.same.${field}`) }],
  };
}

/** What is on a volume, in a line: where it is mounted, its name, how large it is. */
export function volumeText(volume: Volume, fmt: Format): string {
  return [volume.mount, volume.label, volume.file_system, volume.bytes ? fmt.bytes(volume.bytes) : '']
    .filter(Boolean)
    .join(' · ');
}

/** The key of an event in an address: which device it is about, and which event. */
export function keyOfEvent(event: DeviceEvent): string {
  return `${event.device}-${event.id}`;
}

/** The number of the device that a key is about. */
export function deviceOfKey(key: string): number {
  return Number(key.split('-')[0]);
}
