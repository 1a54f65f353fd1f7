import { ActionIcon, Menu } from '@mantine/core';
import { IconDots, IconFileDownload, IconPlayerStop } from '@tabler/icons-react';
import { useState } from 'react';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { fileName } from '@/primitives/hostile';
import { EndProcess } from '../tasks/EndProcess';
import { FetchFile } from '../tasks/FetchFile';

/** What a process's station can be asked, by whoever may. */
export function ProcessActions({ row }: { row: EventRow }) {
  const { t } = useI18n();
  const { user } = useSession();
  const [asked, setAsked] = useState<'fetch' | 'end'>();
  const close = () => setAsked(undefined);
  if (user.role === 'viewer' || row.origin !== 'live') return null;
  const name = fileName(row.image) || t('process.unknown');
  const ended = row.stopped !== undefined || row.duration_ms !== undefined;
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="default" aria-label={t('process.actions', { name })}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown aria-label={t('process.actions', { name })}>
          <Menu.Item
            leftSection={<IconFileDownload size={14} />}
            disabled={row.sha256 === undefined}
            title={row.sha256 === undefined ? t('fetch.noHash') : undefined}
            onClick={() => setAsked('fetch')}
          >
            {t('fetch.menu')}…
          </Menu.Item>
          {user.role === 'administrator' ? (
            <Menu.Item
              color="var(--bad)"
              leftSection={<IconPlayerStop size={14} />}
              disabled={ended}
              title={ended ? t('end.ended') : undefined}
              onClick={() => setAsked('end')}
            >
              {t('end.menu')}…
            </Menu.Item>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      {asked === 'fetch' && row.sha256 ? (
        <FetchFile
          name={name}
          sha256={row.sha256}
          stations={[{ id: row.station_id, name: row.station }]}
          onClose={close}
        />
      ) : null}
      {asked === 'end' ? <EndProcess row={row} onClose={close} /> : null}
    </>
  );
}
