import { Anchor } from '@mantine/core';
import type { StationFilter } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { stationValues } from '@/app/search';
import { useSession } from '@/app/session';
import { AddStationLink } from '@/pages/settings/AddStationLink';
import { visible } from '@/primitives/hostile';
import { Empty } from '@/primitives/State';

/** Why no station is listed, and what to do. */
export function NoStations({ filter }: { filter: StationFilter }) {
  const { t } = useI18n();
  const { user } = useSession();
  const all = <Anchor href="/stations">{t('stations.all')}</Anchor>;
  if (stationValues.some((name) => filter[name] !== undefined)) {
    return <Empty title={t('stations.noneFiltered')} actions={all} />;
  }
  if (filter.show) return <Empty title={t(`stations.noneShown.${filter.show}`)} actions={all} />;
  if (filter.search) {
    return <Empty title={t('stations.noneMatch', { search: visible(filter.search) })} actions={all} />;
  }
  return (
    <Empty
      title={t('stations.none')}
      actions={
        <>
          {user.role === 'administrator' ? <AddStationLink /> : null}
          {user.role === 'viewer' ? null : <Anchor href="/import">{t('events.importFirst')}</Anchor>}
        </>
      }
    >
      {t('stations.addText')}
    </Empty>
  );
}
