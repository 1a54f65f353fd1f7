import { ActionIcon, Menu } from '@mantine/core';
import { IconArchive, IconArchiveOff, IconCertificateOff, IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { api } from '@/api/client';
import type { Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { Confirm } from '@/primitives/Confirm';
import { visible } from '@/primitives/hostile';
import { RemoveStation, useMayRemove } from './RemoveStation';
import { RenameStation } from './RenameStation';
import { useStationChange } from './useStationChange';

type Asked = 'rename' | 'retire' | 'restore' | 'revoke' | 'remove';

/** What can be done to a station by whoever may. Nothing, for a viewer. */
export function StationMenu({ station, onRemoved }: { station: Station; onRemoved(): void }) {
  const { t } = useI18n();
  const { user } = useSession();
  const mayRemove = useMayRemove();
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  const live = station.origin === 'live';
  const administrator = live && user.role === 'administrator';
  const name = visible(station.name);
  const mayRename = live && user.role !== 'viewer';
  if (!mayRename && !mayRemove(station)) return null;
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="default" aria-label={t('station.actions', { name })}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown aria-label={t('station.actions', { name })}>
          {mayRename ? (
            <Menu.Item leftSection={<IconPencil size={14} />} onClick={() => setAsked('rename')}>
              {t('station.rename')}…
            </Menu.Item>
          ) : null}
          {administrator ? (
            <>
              <Menu.Divider />
              {station.retired ? (
                <Menu.Item leftSection={<IconArchiveOff size={14} />} onClick={() => setAsked('restore')}>
                  {t('station.restore')}…
                </Menu.Item>
              ) : (
                <Menu.Item leftSection={<IconArchive size={14} />} onClick={() => setAsked('retire')}>
                  {t('station.retire')}…
                </Menu.Item>
              )}
              {station.revoked ? null : (
                <Menu.Item
                  color="var(--bad)"
                  leftSection={<IconCertificateOff size={14} />}
                  onClick={() => setAsked('revoke')}
                >
                  {t('station.revoke')}…
                </Menu.Item>
              )}
            </>
          ) : null}
          {mayRemove(station) ? (
            <Menu.Item color="var(--bad)" leftSection={<IconTrash size={14} />} onClick={() => setAsked('remove')}>
              {t('stations.remove')}…
            </Menu.Item>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      {asked === 'rename' ? <RenameStation station={station} onClose={close} /> : null}
      {asked === 'remove' ? <RemoveStation station={station} onClose={close} onRemoved={onRemoved} /> : null}
      {asked === 'retire' || asked === 'restore' || asked === 'revoke' ? (
        <Ask station={station} action={asked} onClose={close} />
      ) : null}
    </>
  );
}

const calls = {
  retire: api.retireStation,
  restore: api.restoreStation,
  revoke: api.revokeStation,
} as const;

/** Says what an action will do, and does it. */
function Ask({ station, action, onClose }: { station: Station; action: keyof typeof calls; onClose(): void }) {
  const { t } = useI18n();
  const change = useStationChange(() => calls[action](station.id), onClose);
  return (
    <Confirm
      title={t(`station.${action}Named`, { name: visible(station.name) })}
      action={t(`station.${action}`)}
      harmless={action === 'restore'}
      busy={change.isPending}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      {t(`station.${action}Text`)}
    </Confirm>
  );
}
