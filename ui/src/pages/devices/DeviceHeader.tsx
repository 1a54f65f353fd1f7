import { useMediaQuery } from '@mantine/hooks';
import { IconUsb } from '@tabler/icons-react';
import type { Device } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { deviceHref } from '@/app/search';
import { Chip } from '@/primitives/Chip';
import { Headline } from '@/primitives/Headline';
import { Stats } from '@/primitives/Stats';
import { HostileText, TimeCell } from '@/primitives/Text';
import { nameOf, numbersOf } from './describe';
import { Classes, Presence, Spread, TypesAndStores } from './parts';

/** Which device it is, whether it is plugged in and where it has been, in a glance. */
export function DeviceHeader({ device, names, page }: { device: Device; names?: number; page?: boolean }) {
  const { t, fmt } = useI18n();
  // Where there is room the figures stand beside the name, and leave it to the tables below.
  const narrow = useMediaQuery('(max-width: 1199px)', false, { getInitialValueInEffect: false });
  const name = nameOf(device);
  const figures = (
    <Stats
      inline
      label={t('device.one')}
      items={[
        { label: t('device.stations'), value: fmt.number(device.stations), href: deviceHref(device.id) },
        { label: t('device.plugs'), value: fmt.number(device.plugs), href: deviceHref(device.id, 'events') },
        { label: t('device.firstSeen'), value: <TimeCell>{device.first_seen}</TimeCell> },
        { label: t('device.lastSeen'), value: <TimeCell>{device.last_seen}</TimeCell> },
      ]}
    />
  );
  return (
    <Headline
      level={page ? 1 : 2}
      icon={<IconUsb size={20} stroke={1.6} />}
      title={<HostileText>{name}</HostileText>}
      subtitle={
        device.vendor_name && device.vendor_name !== name ? <HostileText>{device.vendor_name}</HostileText> : null
      }
      items={[
        <code key="numbers">{numbersOf(device)}</code>,
        device.serial ? (
          <span key="serial">
            {t('device.serialShort')} <HostileText limit={80}>{device.serial}</HostileText>
          </span>
        ) : (
          <span key="serial" title={t('device.noSerialTitle')}>
            {t('device.noSerial')}
          </span>
        ),
      ]}
      aside={page && !narrow ? figures : null}
      chips={
        <>
          <Presence n={device.present} always />
          <Classes classes={device.classes} />
          <TypesAndStores classes={device.classes} />
          <Spread device={device} full />
          {names !== undefined && names > 1 ? (
            <Chip tone="warn" sign="diamond" title={t('device.namesTitle')}>
              {t('device.manyNames', { n: names, names: fmt.number(names) })}
            </Chip>
          ) : null}
        </>
      }
    >
      {page && !narrow ? null : figures}
    </Headline>
  );
}
