import { SegmentedControl } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Station, StationFilter, StationSort } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { usePreferences } from '@/app/preferences';
import { readStationSearch, type StationSearch, stationHref, stationValues } from '@/app/search';
import { DataTable } from '@/primitives/DataTable/DataTable';
import { NewRows } from '@/primitives/DataTable/NewRows';
import { ExportMenu } from '@/primitives/Export/ExportMenu';
import { Faceted, ShowFacets } from '@/primitives/Facets/Faceted';
import { useFacetLayout } from '@/primitives/Facets/useFacetLayout';
import { Beside, Page } from '@/primitives/Page';
import { Failure, Waiting } from '@/primitives/State';
import { useStationColumns } from './columns';
import { FleetPulse } from './FleetPulse';
import { NoStations } from './NoStations';
import { RemoveStation } from './RemoveStation';
import { StationBulk } from './StationBulk';
import { StationDrawer } from './StationDrawer';
import { StationFacets, usualFacets } from './StationFacets';
import { StationFilters } from './StationFilters';
import { readSpan, type Span, spans, usualSpan } from './span';
import { keyOf, useStationRows } from './useStationRows';

const hrefOf = (station: Station) => stationHref(station.id);

export function StationsPage() {
  const { t, fmt } = useI18n();
  const { live } = usePreferences();
  const client = useQueryClient();
  const navigate = useNavigate();
  const asked = useSearch({ from: '/shell/stations' });
  const filter = useStationFilter(asked);
  const layout = useFacetLayout('stations', usualFacets);
  const sort = asked.sort ?? 'name';
  const order = asked.order ?? 'asc';
  const [leaving, setLeaving] = useState<Station>();
  const columns = useStationColumns();
  const go = useCallback(
    (change: Partial<StationSearch>, replace = false) =>
      void navigate({ to: '/stations', search: (old) => readStationSearch({ ...old, ...change }), replace }),
    [navigate],
  );

  const { pages, rows, news, refresh, question } = useStationRows(
    queries.stations(filter.search ?? '', { ...filter, sort, order }),
    {
      live,
      settled: sort === 'name' || sort === 'first_seen',
      onStored: () => {
        for (const figures of ['overview', 'pulse']) void client.invalidateQueries({ queryKey: [figures] });
      },
    },
  );
  const nothingToRead = rows.length === 0 && !pages.busy;
  useEffect(() => {
    if (nothingToRead && news > 0) refresh();
  }, [nothingToRead, news, refresh]);
  const onOpen = useCallback((station: Station) => go({ s: keyOf(station) }, asked.s !== undefined), [go, asked.s]);
  const onClose = useCallback(() => go({ s: undefined }), [go]);
  const isOpen = useCallback((station: Station) => keyOf(station) === asked.s, [asked.s]);
  const onFilter = (change: StationFilter, replace = false) => go(change, replace);
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
            <StationDrawer id={Number(asked.s)} row={rows.find(isOpen)} onClose={onClose} onRemove={setLeaving} />
          ) : null
        }
      >
        <FleetPulse span={readSpan(asked.span)} />
        <Faceted
          facets={
            layout.open ? (
              <StationFacets
                layout={layout}
                filter={filter}
                ready={!pages.busy && !pages.stale && !pages.loading && !pages.error}
                onFilter={onFilter}
              />
            ) : null
          }
        >
          <DataTable
            id="stations"
            label={t('tab.stations')}
            columns={columns}
            rows={rows}
            keyOf={keyOf}
            stale={pages.stale}
            busy={pages.busy}
            question={question}
            onNearEnd={pages.more}
            sort={{ column: sort, descending: order === 'desc' }}
            onSort={onSort}
            onOpen={onOpen}
            onClose={onClose}
            isOpen={isOpen}
            hrefOf={hrefOf}
            bulk={(picked) => <StationBulk stations={picked} />}
            summary={
              <>
                <ShowFacets layout={layout} />
                <StationFilters filter={filter} onFilter={onFilter} />
              </>
            }
            tools={
              <>
                <SpanChoice
                  span={readSpan(asked.span)}
                  onSpan={(span) => go({ span: span === usualSpan ? undefined : span })}
                />
                <ExportMenu name="stations" address={(format) => api.stationExport(filter, format)} />
              </>
            }
            notice={
              news > 0 && rows.length > 0 ? (
                <NewRows onShow={refresh}>{t('stations.new', { n: news, stations: fmt.number(news) })}</NewRows>
              ) : null
            }
            footer={
              pages.error && rows.length > 0 ? (
                <Failure what={t('stations.failed')} error={pages.error} onRetry={pages.goOn} compact />
              ) : null
            }
            empty={
              pages.error ? (
                <Failure what={t('stations.failed')} error={pages.error} onRetry={pages.goOn} />
              ) : pages.loading ? (
                <Waiting lines={8} />
              ) : (
                <NoStations filter={filter} />
              )
            }
          />
        </Faceted>
      </Beside>
      {leaving ? <RemoveStation station={leaving} onClose={() => setLeaving(undefined)} onRemoved={onClose} /> : null}
    </Page>
  );
}

/** Of which time the events above the table are. */
function SpanChoice({ span, onSpan }: { span: Span; onSpan(span: Span): void }) {
  const { t } = useI18n();
  return (
    <SegmentedControl
      aria-label={t('stations.span')}
      value={span}
      onChange={(value) => onSpan(value as Span)}
      data={spans.map((each) => ({ value: each, label: each.replace(/\D/, ' $&') }))}
    />
  );
}

/** What the address says of which stations to list, the same object while that is the same. */
function useStationFilter(asked: StationSearch): StationFilter {
  const names = ['search', 'show', ...stationValues] as const;
  const key = JSON.stringify(names.map((name) => [name, asked[name]]).filter(([, value]) => value !== undefined));
  return useMemo(() => Object.fromEntries(JSON.parse(key) as [string, string][]), [key]);
}
