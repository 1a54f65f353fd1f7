import { Anchor } from '@mantine/core';
import { useMemo } from 'react';
import type { Device } from '@/api/types';
import type { Translate } from '@/app/i18n';
import { useI18n } from '@/app/i18n';
import { deviceHref } from '@/app/search';
import type { Column } from '@/primitives/DataTable/types';
import { CodeCell, HostileText, TimeCell } from '@/primitives/Text';
import { nameOf, numbersOf, valueFor } from './describe';
import { Classes, Presence, Spread, TypesAndStores } from './parts';

/** What the rows of several lists have: a device, or what one has told of itself. */
type Told = Pick<
  Device,
  'vendor_id' | 'product_id' | 'revision' | 'vendor_name' | 'product_name' | 'serial' | 'classes'
>;

/** The columns that say which device it is. `of` finds it in a row, `id` its number. */
export function toldColumns<R>(t: Translate, of: (row: R) => Told, id: (row: R) => number) {
  const text = (member: 'vendor_name' | 'product_name', width: number): Column<R> => ({
    id: member,
    header: t(`device.${member}`),
    width,
    hidden: true,
    value: (row) => valueFor(member, of(row)[member], t),
    render: (row) => {
      const value = of(row)[member];
      return value ? <HostileText limit={200}>{value}</HostileText> : null;
    },
  });
  const number = (member: 'vendor_id' | 'product_id'): Column<R> => ({
    id: member,
    header: t(`device.${member}`),
    width: 88,
    hidden: true,
    value: (row) => valueFor(member, of(row)[member], t),
    render: (row) => <CodeCell>{of(row)[member]}</CodeCell>,
  });
  return {
    name: {
      id: 'name',
      header: t('device.one'),
      width: 176,
      value: (row) => {
        const device = of(row);
        const value = device.product_name
          ? valueFor('product_name', device.product_name, t)
          : device.vendor_name
            ? valueFor('vendor_name', device.vendor_name, t)
            : { value: numbersOf(device) };
        return value && { ...value, page: { href: deviceHref(id(row)) } };
      },
      render: (row) => (
        <Anchor href={deviceHref(id(row))}>
          <HostileText limit={120}>{nameOf(of(row))}</HostileText>
        </Anchor>
      ),
    },
    classes: {
      id: 'class',
      header: t('device.classes'),
      width: 148,
      value: (row) => valueFor('class', of(row).classes[0], t),
      render: (row) => (
        <>
          <TypesAndStores classes={of(row).classes} /> <Classes classes={of(row).classes} />
        </>
      ),
    },
    numbers: {
      id: 'numbers',
      header: t('device.numbers'),
      width: 92,
      wideOnly: true,
      value: (row) => {
        const device = of(row);
        const vendor = valueFor('vendor_id', device.vendor_id, t);
        const product = valueFor('product_id', device.product_id, t);
        return vendor && { ...vendor, also: [...(vendor.also ?? []), ...(product?.also ?? [])] };
      },
      render: (row) => <CodeCell>{numbersOf(of(row))}</CodeCell>,
    },
    serial: {
      id: 'serial',
      header: t('device.serial'),
      width: 136,
      wideOnly: true,
      copied: true,
      value: (row) => valueFor('serial', of(row).serial, t),
      render: (row) => <CodeCell>{of(row).serial}</CodeCell>,
    },
    vendorName: text('vendor_name', 112),
    productName: text('product_name', 176),
    vendorId: number('vendor_id'),
    productId: number('product_id'),
  } satisfies Record<string, Column<R>>;
}

const itself = (row: Device) => row;
const number = (row: Device) => row.id;

/** The columns of a table of devices. */
export function useDeviceColumns(): Column<Device>[] {
  const { t, fmt } = useI18n();
  return useMemo(() => {
    const told = toldColumns(t, itself, number);
    const time = (member: 'first_seen' | 'last_seen', wideOnly: boolean): Column<Device> => ({
      id: member,
      header: t(member === 'first_seen' ? 'device.firstSeen' : 'device.lastSeen'),
      width: 148,
      sortable: true,
      wideOnly,
      render: (row) => <TimeCell>{row[member]}</TimeCell>,
    });
    return [
      { ...told.name, sortable: true, grow: true },
      { ...told.vendorName, hidden: false, wideOnly: true },
      told.classes,
      told.numbers,
      told.serial,
      {
        id: 'stations',
        header: t('device.stations'),
        width: 84,
        sortable: true,
        value: (row) => ({ field: 'prevalence', value: String(row.stations) }),
        render: (row) => <Spread device={row} />,
      },
      {
        id: 'present',
        header: t('device.presence'),
        width: 108,
        value: (row) => ({ field: 'present', value: String(row.present > 0) }),
        render: (row) => <Presence n={row.present} />,
      },
      {
        id: 'plugs',
        header: t('device.plugs'),
        width: 88,
        align: 'end',
        sortable: true,
        value: (row) => ({ field: 'plugs', value: String(row.plugs) }),
        render: (row) => fmt.number(row.plugs),
      },
      time('first_seen', true),
      time('last_seen', false),
      told.productName,
      told.vendorId,
      told.productId,
      {
        id: 'revision',
        header: t('device.revision'),
        width: 80,
        hidden: true,
        value: (row) => (row.revision ? { field: 'revision', value: row.revision } : undefined),
        render: (row) => <CodeCell>{row.revision}</CodeCell>,
      },
    ];
  }, [t, fmt]);
}
