import { Anchor, Button } from '@mantine/core';
import { IconExternalLink, IconTimeline, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { eventsHref, stationHref } from '@/app/search';
import { FacetRank } from '@/pages/events/FacetRank';
import { Drawer } from '@/primitives/Drawer/Drawer';
import { Part } from '@/primitives/Headline';
import { visible } from '@/primitives/hostile';
import { Failure, Waiting } from '@/primitives/State';
import { useMayRemove } from './RemoveStation';
import { eventsOf, StationHeader } from './StationHeader';
import { spanBefore, usualSpan } from './span';

interface StationDrawerProps {
  id: number;
  /** The row it was opened from: shown until the whole is there. */
  row?: Station;
  onClose(): void;
  onRemove(station: Station): void;
}

export function StationDrawer({ id, row, onClose, onRemove }: StationDrawerProps) {
  const { t } = useI18n();
  const mayRemove = useMayRemove();
  const found = useQuery({ ...queries.station(id), placeholderData: row });
  const station = found.data;
  const starts = station && {
    q: `${eventsOf(station)} kind:start`,
    ...spanBefore(station.last_seen, usualSpan),
  };
  return (
    <Drawer
      label={station ? visible(station.name) : t('field.station')}
      onClose={onClose}
      actions={
        <>
          <Button size="compact-sm" component="a" href={stationHref(id)} leftSection={<IconExternalLink size={14} />}>
            {t('station.open')}
          </Button>
          {station ? (
            <Button
              size="compact-sm"
              component="a"
              href={eventsHref({ q: eventsOf(station), range: 'all' })}
              leftSection={<IconTimeline size={14} />}
            >
              {t('stations.events')}
            </Button>
          ) : null}
          {station && mayRemove(station) ? (
            <Button size="compact-sm" leftSection={<IconTrash size={14} />} onClick={() => onRemove(station)}>
              {t('stations.remove')}
            </Button>
          ) : null}
        </>
      }
    >
      {station && starts ? (
        <>
          <StationHeader station={station} />
          <Part
            title={t('station.programs')}
            actions={
              <Anchor size="sm" href={stationHref(id, 'binaries')}>
                {t('station.rarestFirst')}
              </Anchor>
            }
          >
            <FacetRank of={starts} field="image" limit={8} none={t('station.noPrograms')} path />
          </Part>
          <Part title={t('station.users')}>
            <FacetRank of={starts} field="user" limit={8} none={t('station.noUsers')} />
          </Part>
        </>
      ) : found.error ? (
        <Failure what={t('station.failed')} error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Waiting lines={10} />
      )}
    </Drawer>
  );
}
