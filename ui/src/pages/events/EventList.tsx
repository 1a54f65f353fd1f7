import { lazy, type ReactNode, Suspense, useCallback, useEffect } from 'react';
import { ApiError, api } from '@/api/client';
import type { EventRow } from '@/api/types';
import { useEventAddress } from '@/app/eventSearch';
import { useI18n } from '@/app/i18n';
import { usePreferences } from '@/app/preferences';
import { reachesNow, widened, writeRange } from '@/app/range';
import type { EventList as List } from '@/app/search';
import { useBands } from '@/pages/coverage/useBands';
import { DataTable } from '@/primitives/DataTable/DataTable';
import { NewRows } from '@/primitives/DataTable/NewRows';
import type { Column } from '@/primitives/DataTable/types';
import { ExportMenu } from '@/primitives/Export/ExportMenu';
import { Faceted, ShowFacets } from '@/primitives/Facets/Faceted';
import { useFacetLayout } from '@/primitives/Facets/useFacetLayout';
import { Histogram } from '@/primitives/Histogram';
import { Beside, Page } from '@/primitives/Page';
import { Empty, Failure, Waiting } from '@/primitives/State';
import { useLatest } from '@/primitives/useLatest';
import { BulkActions } from './BulkActions';
import { EventDrawer } from './EventDrawer';
import { EventFacets } from './EventFacets';
import { processHref } from './fields';
import { NothingFound } from './NothingFound';
import { SearchFooter } from './SearchFooter';
import { useEventResults } from './useEventResults';
import { useFurther } from './useFurther';
import { useLive } from './useLive';

const Stack = lazy(async () => ({ default: (await import('./Stack')).Stack }));

interface EventListProps {
  /** Which list it is; the page shown is that of this list. */
  list: List;
  title: string;
  columns: Column<EventRow>[];
  /** The column that stands for the time by which rows are sorted. */
  timeColumn: string;
  /** The fields counted beside the rows, until others are chosen. */
  facets: string[];
  /** What a number of rows is called. */
  countText(count: { n: number; events: string; atLeast: boolean }): string;
  /** Stands before the tools of the table. */
  switcher?: ReactNode;
}

const keyOf = (row: EventRow) => row.id;
const hrefOf = (row: EventRow) => processHref(row.process);

/** Events as a table, with all there is to find one's way in them. Each list of events is this, configured. */
export function EventList({ list, title, columns, timeColumn, facets, countText, switcher }: EventListProps) {
  const { t, fmt } = useI18n();
  const { search, range, go } = useEventAddress();
  const { live } = usePreferences();
  const layout = useFacetLayout(list, facets);
  const order = search.order ?? 'desc';
  const results = useEventResults(search.q, range, order, list);
  const { of, at, pages, count, histogram, refresh, refreshFigures, question } = results;
  const { rows } = pages;
  const bands = useBands(histogram.data?.coverage, { from: histogram.data?.from, to: histogram.data?.to });
  const further = useFurther(pages, question);

  const newest =
    pages.loading || pages.stale ? undefined : order === 'desc' && rows[0] ? rows[0].id : new Date(at).toISOString();
  const news = useLive(live && reachesNow(range, at) && !pages.error, of.q, newest, refreshFigures);
  const nothingToRead = rows.length === 0 && !pages.busy && !pages.cut;
  useEffect(() => {
    if (nothingToRead && news.count > 0) refresh();
  }, [nothingToRead, news.count, refresh]);

  const onOpen = useLatest((row: EventRow) => go({ p: row.process }, { replace: search.p !== undefined }));
  const onClose = useLatest(() => go({ p: undefined }));
  const isOpen = useCallback((row: EventRow) => row.process === search.p, [search.p]);
  const openRow = search.p === undefined ? undefined : rows.find(isOpen);

  const faulty = pages.error instanceof ApiError && pages.error.status === 422;
  const counted = count.data;
  const total = counted && !counted.at_least && counted.complete ? counted.count : undefined;
  const summary = (
    <>
      <ShowFacets layout={layout} />
      {counted && !faulty ? (
        <span data-testid="event-count" data-stale={count.isPlaceholderData || undefined}>
          {countText({ n: counted.count, events: fmt.number(counted.count), atLeast: counted.at_least })}
          {counted.complete ? '' : ` · ${t('events.countCut')}`}
        </span>
      ) : null}
    </>
  );
  const tools = (
    <>
      {switcher}
      <ExportMenu name={list} address={(format) => api.eventExport(of, format)} total={total} />
    </>
  );

  return (
    <Page title={search.q ? `${search.q} · ${title}` : title} headless fill>
      <Beside beside={search.p ? <EventDrawer id={search.p} row={openRow} onClose={onClose} /> : null}>
        <Histogram
          data={faulty ? undefined : histogram.data}
          stale={histogram.isPlaceholderData}
          bands={bands}
          onBrush={(from, to) => go(writeRange({ kind: 'between', from, to }))}
          onZoomOut={range.kind === 'between' ? () => go(writeRange(widened(range))) : undefined}
        />
        <Faceted
          facets={
            layout.open ? (
              <EventFacets
                layout={layout}
                of={of}
                q={search.q ?? ''}
                ready={!pages.busy && !pages.stale && !pages.loading && !faulty}
                go={go}
              />
            ) : null
          }
        >
          {search.stack ? (
            <Suspense fallback={<Waiting lines={12} />}>
              <Stack list={list} field={search.stack} of={of} tools={tools} before={layout.open ? null : summary} />
            </Suspense>
          ) : (
            <DataTable
              id={list}
              label={title}
              columns={columns}
              rows={faulty ? noRows : rows}
              keyOf={keyOf}
              total={total}
              stale={pages.stale}
              busy={pages.busy}
              question={question}
              onNearEnd={pages.more}
              sort={{ column: timeColumn, descending: order === 'desc' }}
              onSort={() => go({ order: order === 'desc' ? 'asc' : undefined })}
              onOpen={onOpen}
              onClose={onClose}
              isOpen={isOpen}
              hrefOf={hrefOf}
              bulk={(picked) => <BulkActions rows={picked} q={search.q ?? ''} onFilter={(q) => go({ q })} />}
              summary={summary}
              tools={tools}
              notice={
                news.count > 0 && rows.length > 0 ? (
                  <NewRows
                    onShow={() => {
                      if (order === 'asc') go({ order: undefined });
                      refresh();
                    }}
                  >
                    {t('events.new', { n: news.count, events: `${fmt.number(news.count)}${news.atLeast ? '+' : ''}` })}
                  </NewRows>
                ) : null
              }
              footer={
                faulty ? null : (
                  <SearchFooter pages={pages} further={further} of={of} at={at} ascending={order === 'asc'} />
                )
              }
              empty={
                faulty ? (
                  <Empty title={t('filter.faulty')}>{t('filter.faultyText')}</Empty>
                ) : pages.error ? (
                  <Failure what={t('events.failed')} error={pages.error} onRetry={pages.goOn} />
                ) : further.stopped ? (
                  <Empty title={t('search.stopped')} />
                ) : pages.cut ? (
                  <Empty title={t('search.searching')}>{t('search.shorter')}</Empty>
                ) : pages.loading ? (
                  <Waiting lines={12} />
                ) : pages.busy ? null : (
                  <NothingFound />
                )
              }
            />
          )}
        </Faceted>
      </Beside>
    </Page>
  );
}

const noRows: EventRow[] = [];
