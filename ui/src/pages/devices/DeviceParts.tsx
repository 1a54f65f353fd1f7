import { Anchor } from '@mantine/core';
import type { DeviceName, WholeDevice } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { devicesHref } from '@/app/search';
import { termFor } from '@/primitives/FilterBar/terms';
import { None, Panel, SmallTable } from '@/primitives/Page';
import { CodeCell, HostileText, TimeCell } from '@/primitives/Text';

/** The file systems that were on a device. */
export function DeviceVolumes({ device }: { device: WholeDevice }) {
  const { t, fmt } = useI18n();
  const { volumes } = device;
  return (
    <Panel title={t('device.volumes')} flush>
      {volumes.length === 0 ? (
        <None>{t('device.noVolumes')}</None>
      ) : (
        <SmallTable
          label={t('device.volumes')}
          head={[
            t('device.volumeLabel'),
            t('device.volumeSerial'),
            t('device.fileSystem'),
            t('device.size'),
            t('device.lastSeen'),
          ]}
          cut
          widths={[undefined, 120, 80, 80, 152]}
        >
          {volumes.map((volume) => (
            <tr key={`${volume.serial} ${volume.label} ${volume.file_system}`}>
              <td>{volume.label ? <HostileText limit={80}>{volume.label}</HostileText> : null}</td>
              <td>
                {volume.serial ? (
                  <Anchor
                    href={devicesHref({ tab: 'devices', q: termFor('volume_serial', volume.serial) })}
                    title={t('devices.same.volume_serial')}
                  >
                    <CodeCell>{volume.serial}</CodeCell>
                  </Anchor>
                ) : null}
              </td>
              <td>{volume.file_system ? <HostileText limit={40}>{volume.file_system}</HostileText> : null}</td>
              <td data-number="">{volume.bytes ? fmt.bytes(volume.bytes) : null}</td>
              <td>
                <TimeCell>{volume.last_seen}</TimeCell>
              </td>
            </tr>
          ))}
        </SmallTable>
      )}
    </Panel>
  );
}

/** What a device has called itself: a device that changes its name is remarkable. */
export function DeviceNames({ names }: { names: DeviceName[] }) {
  const { t, fmt } = useI18n();
  return (
    <Panel title={t('device.names')} flush>
      {names.length === 0 ? (
        <None>{t('device.noNames')}</None>
      ) : (
        <SmallTable
          label={t('device.names')}
          head={[t('device.product_name'), t('device.vendor_name'), t('device.times'), t('device.lastSeen')]}
          cut
          widths={[undefined, 144, 72, 160]}
        >
          {names.map((name) => (
            <tr key={`${name.vendor_name} ${name.product_name} ${name.serial}`}>
              <td>{name.product_name ? <HostileText limit={120}>{name.product_name}</HostileText> : null}</td>
              <td>{name.vendor_name ? <HostileText limit={80}>{name.vendor_name}</HostileText> : null}</td>
              <td data-number="">{fmt.number(name.times)}</td>
              <td>
                <TimeCell>{name.last_seen}</TimeCell>
              </td>
            </tr>
          ))}
        </SmallTable>
      )}
    </Panel>
  );
}
