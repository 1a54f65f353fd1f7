import { SegmentedControl } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Station, StationFilter, StationSort } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { usePreferences } from '@/app/preferences';
import { readStationSearch, type StationSearch, stationHref, stationValues } from '@/app/search';
import { ExportMenu } from '@/primitives/Export/ExportMenu';
import { useFacetLayout } from '@/primitives/Facets/useFacetLayout';
import { Listing } from '@/primitives/Listing';
import { Page } from '@/primitives/Page';
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
  const onOpen = useCallback((s: string | undefined, replace?: boolean) => go({ s }, replace), [go]);
  const onFilter = (change: StationFilter, replace = false) => go(change, replace);
  const onSort = (column: string) =>
    // The same column turns the order round; another one begins with the newest or the most, a name with A.
    column === sort
      ? go({ order: order === 'asc' ? 'desc' : undefined })
      : go({ sort: column as StationSort, order: column === 'name' ? undefined : 'desc' });

  return (
    <Page title={t('tab.stations')} headless fill>
      <Listing
        id="stations"
        label={t('tab.stations')}
        columns={columns}
        pages={pages}
        rows={rows}
        keyOf={keyOf}
        hrefOf={hrefOf}
        question={question}
        sort={{ column: sort, descending: order === 'desc' }}
        onSort={onSort}
        open={asked.s}
        onOpen={onOpen}
        beside={(id, row) => (
          <StationDrawer id={Number(id)} row={row} onClose={() => onOpen(undefined)} onRemove={setLeaving} />
        )}
        chart={<FleetPulse span={readSpan(asked.span)} />}
        layout={layout}
        facets={(ready) => <StationFacets layout={layout} filter={filter} ready={ready} onFilter={onFilter} />}
        bulk={(picked) => <StationBulk stations={picked} />}
        summary={<StationFilters filter={filter} onFilter={onFilter} />}
        tools={
          <>
            <SpanChoice
              span={readSpan(asked.span)}
              onSpan={(span) => go({ span: span === usualSpan ? undefined : span })}
            />
            <ExportMenu name="stations" address={(format) => api.stationExport(filter, format)} />
          </>
        }
        news={{ count: news, text: t('stations.new', { n: news, stations: fmt.number(news) }), onShow: refresh }}
        refresh={refresh}
        failed={t('stations.failed')}
        moreFailed={t('stations.failed')}
        none={() => <NoStations filter={filter} />}
      />
      {leaving ? (
        <RemoveStation station={leaving} onClose={() => setLeaving(undefined)} onRemoved={() => onOpen(undefined)} />
      ) : null}
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
