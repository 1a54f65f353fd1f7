import { Anchor, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Station, StationPage, StationSort } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { readStationSearch, type StationSearch, stationHref, stationShows } from '@/app/search';
import { DataTable } from '@/primitives/DataTable/DataTable';
import { ExportMenu } from '@/primitives/Export/ExportMenu';
import { visible } from '@/primitives/hostile';
import { Beside, Line, Page } from '@/primitives/Page';
import { Empty, Failure, Waiting } from '@/primitives/State';
import { usePages } from '@/primitives/usePages';
import { useStationColumns } from './columns';
import { RemoveStation } from './RemoveStation';
import { StationDrawer } from './StationDrawer';

const rowsOf = (page: StationPage) => page.stations;
const keyOf = (station: Station) => String(station.id);
const hrefOf = (station: Station) => stationHref(station.id);

export function StationsPage() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const asked = useSearch({ from: '/shell/stations' });
  const search = asked.search ?? '';
  const sort = asked.sort ?? 'name';
  const order = asked.order ?? 'asc';
  const [leaving, setLeaving] = useState<Station>();
  const columns = useStationColumns();
  const go = useCallback(
    (change: Partial<StationSearch>, replace = false) =>
      void navigate({ to: '/stations', search: (old) => readStationSearch({ ...old, ...change }), replace }),
    [navigate],
  );

  const pages = usePages(
    queries.stations(search, { show: asked.show, sort, order }) as Parameters<typeof usePages<StationPage, Station>>[0],
    rowsOf,
    keyOf,
  );
  const onOpen = useCallback((station: Station) => go({ s: keyOf(station) }, asked.s !== undefined), [go, asked.s]);
  const onClose = useCallback(() => go({ s: undefined }), [go]);
  const isOpen = useCallback((station: Station) => keyOf(station) === asked.s, [asked.s]);
  const onSort = (column: string) =>
    // The same column turns the order round; another one begins with the newest or the most, a name with A.
    column === sort
      ? go({ order: order === 'asc' ? 'desc' : undefined })
      : go({ sort: column as StationSort, order: column === 'name' ? undefined : 'desc' });

  return (
    <Page title={t('tab.stations')} headless fill>
      <Beside
        beside={
          asked.s ? (
            <StationDrawer id={Number(asked.s)} row={pages.rows.find(isOpen)} onClose={onClose} onRemove={setLeaving} />
          ) : null
        }
      >
        <DataTable
          id="stations"
          label={t('tab.stations')}
          columns={columns}
          rows={pages.rows}
          keyOf={keyOf}
          stale={pages.stale}
          busy={pages.busy}
          question={JSON.stringify([search, asked.show, sort, order])}
          onNearEnd={pages.more}
          sort={{ column: sort, descending: order === 'desc' }}
          onSort={onSort}
          onOpen={onOpen}
          onClose={onClose}
          isOpen={isOpen}
          hrefOf={hrefOf}
          summary={
            <Line>
              <FindStation search={search} onSearch={(text) => go({ search: text || undefined }, true)} />
              <SegmentedControl
                aria-label={t('stations.show')}
                value={asked.show ?? 'all'}
                onChange={(value) => go({ show: stationShows.find((each) => each === value) })}
                data={(['all', ...stationShows] as const).map((value) => ({
                  value,
                  label: t(`stations.show.${value}`),
                }))}
              />
            </Line>
          }
          tools={
            <ExportMenu name="stations" address={(format) => api.stationExport({ search, show: asked.show }, format)} />
          }
          footer={
            pages.error && pages.rows.length > 0 ? (
              <Failure what={t('stations.failed')} error={pages.error} onRetry={pages.goOn} compact />
            ) : null
          }
          empty={
            pages.error ? (
              <Failure what={t('stations.failed')} error={pages.error} onRetry={pages.goOn} />
            ) : pages.loading ? (
              <Waiting lines={8} />
            ) : asked.show ? (
              <Empty
                title={t(`stations.noneShown.${asked.show}`)}
                actions={<Anchor href="/stations">{t('stations.all')}</Anchor>}
              />
            ) : search ? (
              <Empty
                title={t('stations.noneMatch', { search: visible(search) })}
                actions={<Anchor href="/stations">{t('stations.all')}</Anchor>}
              />
            ) : (
              <Empty title={t('stations.none')} actions={<Anchor href="/import">{t('events.importFirst')}</Anchor>}>
                {t('stations.noneText')}
              </Empty>
            )
          }
        />
      </Beside>
      {leaving ? <RemoveStation station={leaving} onClose={() => setLeaving(undefined)} onRemoved={onClose} /> : null}
    </Page>
  );
}

/** Finds stations by name while one types. */
function FindStation({ search, onSearch }: { search: string; onSearch(text: string): void }) {
  const { t } = useI18n();
  const [typed, setTyped] = useState(search);
  useEffect(() => setTyped(search), [search]);
  const look = useDebouncedCallback((text: string) => onSearch(text.trim()), 250);
  return (
    <TextInput
      size="xs"
      w={260}
      aria-label={t('stations.search')}
      placeholder={t('stations.search')}
      leftSection={<IconSearch size={14} />}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        look(event.currentTarget.value);
      }}
    />
  );
}
