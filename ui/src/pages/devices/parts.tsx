import type { Device, DeviceKind, Volume } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Chip, Rarity } from '@/primitives/Chip';
import { Quiet } from '@/primitives/Page';
import type { SignShape } from '@/primitives/Sign';
import { HostileText } from '@/primitives/Text';
import { className, typesAndStores, volumeText } from './describe';

const looks: Record<DeviceKind, { sign: SignShape; hollow?: boolean }> = {
  device_plugged: { sign: 'arrow' },
  device_present: { sign: 'disc', hollow: true },
  device_removed: { sign: 'cross' },
};

/** What an event tells, by shape and word. */
export function KindChip({ kind }: { kind: DeviceKind }) {
  const { t } = useI18n();
  return (
    <Chip {...looks[kind]} title={t(`kind.${kind}.title`)}>
      {t(`kind.${kind}`)}
    </Chip>
  );
}

/** What a device is, in words. */
export function Classes({ classes }: { classes: readonly string[] }) {
  const { t } = useI18n();
  return (
    <>
      {classes.map((word) => (
        <Chip key={word} title={word}>
          <HostileText limit={40}>{className(word, t)}</HostileText>
        </Chip>
      ))}
    </>
  );
}

/** Says that a device keeps files and types. */
export function TypesAndStores({ classes }: { classes: readonly string[] }) {
  const { t } = useI18n();
  if (!typesAndStores(classes)) return null;
  return (
    <Chip tone="warn" sign="diamond" title={t('device.typesTitle')}>
      {t('device.types')}
    </Chip>
  );
}

/** Whether a device is plugged in now; `n`: in how many stations. */
export function Presence({ n, always }: { n: number; always?: boolean }) {
  const { t, fmt } = useI18n();
  if (n > 0) {
    return (
      <Chip tone="good" sign="disc" title={t('device.presentTitle')}>
        {n === 1 ? t('device.present') : t('device.presentOn', { n, stations: fmt.number(n) })}
      </Chip>
    );
  }
  return always ? (
    <Chip sign="disc" hollow title={t('device.absentTitle')}>
      {t('device.absent')}
    </Chip>
  ) : null;
}

/** In how many stations a device was. One without a serial number can only ever be in one, which says nothing. */
export function Spread({ device, full }: { device: Device; full?: boolean }) {
  const { t, fmt } = useI18n();
  if (device.serial) {
    return <Rarity device compact={!full} full={full} prevalence={device.stations} runs={device.plugs} />;
  }
  return full ? null : (
    <span title={t('device.noSerialTitle')}>
      <Quiet>{fmt.number(device.stations)}</Quiet>
    </span>
  );
}

/** The volumes of a device, in a line. */
export function Volumes({ volumes }: { volumes: readonly Volume[] }) {
  const { fmt } = useI18n();
  return (
    <>
      {volumes.map((volume, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the volumes of one record never move
        <span key={i}>
          {i > 0 ? ', ' : ''}
          <HostileText limit={120}>{volumeText(volume, fmt)}</HostileText>
        </span>
      ))}
    </>
  );
}

/** Says beside a time that it is when something was noticed. */
export function Noticed() {
  const { t } = useI18n();
  return (
    <abbr title={t('device.inferredText')} aria-label={t('device.inferred')}>
      <Quiet>≈</Quiet>
    </abbr>
  );
}
