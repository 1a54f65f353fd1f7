import { Anchor, Button, Menu } from '@mantine/core';
import { IconArrowUp, IconCopy, IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import { ApiError, api } from '@/api/client';
import { queries } from '@/api/queries';
import type { EventRow } from '@/api/types';
import { useEventAddress } from '@/app/eventSearch';
import { useI18n } from '@/app/i18n';
import { usePreferences } from '@/app/preferences';
import { reachesNow, writeRange } from '@/app/range';
import { eventsHref } from '@/app/search';
import { ProcessDrawer } from '@/pages/process/ProcessDrawer';
import { DataTable } from '@/primitives/DataTable/DataTable';
import { Histogram } from '@/primitives/Histogram';
import { Beside, Page } from '@/primitives/Page';
import { Empty, Failure, Waiting } from '@/primitives/State';
import { useRangeName } from '@/primitives/TimeRange';
import { useCopy } from '@/primitives/useCopy';
import { useEventColumns } from './columns';
import { processHref, toNdjson } from './fields';
import { useEventResults } from './useEventResults';
import { useLive } from './useLive';

const keyOf = (row: EventRow) => row.id;
const hrefOf = (row: EventRow) => processHref(row.process);

export function EventsPage() {
  const { t, fmt } = useI18n();
  const { search, range, go } = useEventAddress();
  const { live } = usePreferences();
  const copy = useCopy();
  const columns = useEventColumns();
  const order = search.order ?? 'desc';
  const { of, at, pages, count, histogram, refresh, refreshFigures, question } = useEventResults(
    search.q,
    range,
    order,
  );
  const { rows } = pages;

  const newest =
    pages.loading || pages.stale ? undefined : order === 'desc' && rows[0] ? rows[0].id : new Date(at).toISOString();
  const news = useLive(live && reachesNow(range, at) && !pages.error, search.q, newest, refreshFigures);
  const nothingToRead = rows.length === 0 && !pages.busy && !pages.cut;
  useEffect(() => {
    if (nothingToRead && news.count > 0) refresh();
  }, [nothingToRead, news.count, refresh]);

  const onOpen = useCallback(
    (row: EventRow) => go({ p: row.process }, { replace: search.p !== undefined }),
    [go, search.p],
  );
  const onClose = useCallback(() => go({ p: undefined }), [go]);
  const isOpen = useCallback((row: EventRow) => row.process === search.p, [search.p]);
  const openRow = search.p === undefined ? undefined : rows.find(isOpen);

  const faulty = pages.error instanceof ApiError && pages.error.status === 422;
  const counted = count.data;
  const summary = counted ? (
    <span data-testid="event-count">
      {counted.at_least
        ? t('events.moreThan', { events: fmt.number(counted.count) })
        : t('events.count', { n: counted.count, events: fmt.number(counted.count) })}
      {counted.complete ? '' : ` · ${t('events.countCut')}`}
    </span>
  ) : null;

  return (
    <Page title={search.q ? `${search.q} · ${t('tab.events')}` : t('tab.events')} headless fill>
      <Beside beside={search.p ? <ProcessDrawer id={search.p} row={openRow} onClose={onClose} /> : null}>
        <Histogram
          data={faulty ? undefined : histogram.data}
          stale={histogram.isPlaceholderData}
          onBrush={(from, to) => go(writeRange({ kind: 'between', from, to }))}
        />
        <DataTable
          id="events"
          label={t('tab.events')}
          columns={columns}
          rows={faulty ? [] : rows}
          keyOf={keyOf}
          total={counted && !counted.at_least ? counted.count : undefined}
          stale={pages.stale}
          busy={pages.busy}
          question={question}
          onNearEnd={pages.more}
          sort={{ column: 'time', descending: order === 'desc' }}
          onSort={() => go({ order: order === 'desc' ? 'asc' : undefined })}
          onOpen={onOpen}
          onClose={onClose}
          isOpen={isOpen}
          hrefOf={hrefOf}
          bulk={(picked) => (
            <Button
              size="compact-sm"
              leftSection={<IconCopy size={14} />}
              onClick={() =>
                copy(toNdjson(picked), t('copiedRows', { n: picked.length, rows: fmt.number(picked.length) }))
              }
            >
              {t('copyNdjson')}
            </Button>
          )}
          summary={summary}
          tools={<ExportMenu search={of} />}
          notice={
            news.count > 0 && rows.length > 0 ? (
              <Button
                variant="filled"
                radius="xl"
                leftSection={<IconArrowUp size={14} />}
                onClick={() => {
                  if (order === 'asc') go({ order: undefined });
                  refresh();
                }}
              >
                {t('events.new', { n: news.count, events: `${fmt.number(news.count)}${news.atLeast ? '+' : ''}` })}
              </Button>
            ) : null
          }
          footer={<Footer pages={pages} />}
          empty={
            faulty ? (
              <Empty title={t('filter.faulty')}>{t('filter.faultyText')}</Empty>
            ) : pages.error ? (
              <Failure what={t('events.failed')} error={pages.error} onRetry={pages.goOn} />
            ) : pages.loading ? (
              <Waiting lines={12} />
            ) : pages.busy || pages.cut ? null : (
              <NothingFound />
            )
          }
        />
      </Beside>
    </Page>
  );
}

function ExportMenu({ search }: { search: { q?: string; from?: string; to?: string } }) {
  const { t } = useI18n();
  return (
    <Menu width={260}>
      <Menu.Target>
        <Button size="compact-md" leftSection={<IconDownload size={14} />}>
          {t('export')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown aria-label={t('export')}>
        <Menu.Label>{t('export.whole')}</Menu.Label>
        <Menu.Item component="a" href={api.exportAddress(search, 'csv')} download>
          {t('export.csv')}
        </Menu.Item>
        <Menu.Item component="a" href={api.exportAddress(search, 'ndjson')} download>
          {t('export.ndjson')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** How far the answer reaches, where that is not to its end. */
function Footer({ pages }: { pages: ReturnType<typeof useEventResults>['pages'] }) {
  const { t, fmt } = useI18n();
  if (pages.error && pages.rows.length > 0) {
    return <Failure what={t('events.moreFailed')} error={pages.error} onRetry={pages.goOn} compact />;
  }
  if (pages.cut) {
    return (
      <>
        <span>
          {pages.searchedTo ? t('events.searchedTo', { time: fmt.dateTime(pages.searchedTo) }) : t('events.cut')}
        </span>
        {pages.busy ? (
          <Button size="compact-sm" onClick={pages.stop}>
            {t('stop')}
          </Button>
        ) : (
          <Button size="compact-sm" onClick={pages.goOn}>
            {t('events.further')}
          </Button>
        )}
      </>
    );
  }
  return null;
}

/** Why there is nothing, and what to do. */
function NothingFound() {
  const { t, fmt } = useI18n();
  const { search, range } = useEventAddress();
  const name = useRangeName();
  const { data: status } = useQuery(queries.status());
  if (status && status.newest === undefined && status.events.starts + status.events.stops === 0) {
    return (
      <Empty title={t('events.noneStored')} actions={<Anchor href="/import">{t('events.importFirst')}</Anchor>}>
        {t('events.noneStoredText')}
      </Empty>
    );
  }
  const limited = range.kind !== 'all';
  return (
    <Empty
      title={search.q ? t('events.noneMatch') : t('events.noneInRange')}
      actions={
        <>
          {limited ? (
            <Anchor href={eventsHref({ ...search, range: 'all', from: undefined, to: undefined, p: undefined })}>
              {t('events.lookEverywhere')}
            </Anchor>
          ) : null}
          {search.q ? (
            <Anchor href={eventsHref({ ...search, q: undefined, p: undefined })}>{t('events.withoutFilter')}</Anchor>
          ) : null}
        </>
      }
    >
      {limited ? `${t('events.rangeIs', { range: name(range) })} ` : ''}
      {status?.oldest && status.newest
        ? t('events.storedFrom', { oldest: fmt.dateTime(status.oldest), newest: fmt.dateTime(status.newest) })
        : ''}
    </Empty>
  );
}
