import { Anchor, Button } from '@mantine/core';
import { IconCopy } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect } from 'react';
import { ApiError, api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Binary, BinarySort } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { usePreferences } from '@/app/preferences';
import { type BinarySearch, binariesHref, binaryHref, eventsHref, readBinarySearch } from '@/app/search';
import { useBands } from '@/pages/coverage/useBands';
import { useCoverageOf } from '@/pages/coverage/useCoverageOf';
import { useFieldTexts } from '@/pages/events/useFieldTexts';
import { DataTable } from '@/primitives/DataTable/DataTable';
import { NewRows } from '@/primitives/DataTable/NewRows';
import { ExportMenu } from '@/primitives/Export/ExportMenu';
import { Faceted, ShowFacets } from '@/primitives/Facets/Faceted';
import { FacetPanel } from '@/primitives/Facets/FacetPanel';
import { useFacetLayout } from '@/primitives/Facets/useFacetLayout';
import { Histogram } from '@/primitives/Histogram';
import { Beside, Page } from '@/primitives/Page';
import { Empty, Failure, useErrorText, Waiting } from '@/primitives/State';
import { useCopy } from '@/primitives/useCopy';
import type { Pages } from '@/primitives/usePages';
import { BinaryDrawer } from './BinaryDrawer';
import { useBinaryColumns } from './columns';
import { bestHash } from './describe';
import { isNarrowed, narrowed, widened } from './firstSeen';
import { keyOf, useBinaryResults } from './useBinaryResults';

const hrefOf = (row: Binary) => binaryHref(row.id);

/** The fields counted beside the rows, until others are chosen, and those that can be. */
const facets = ['signer', 'signed', 'company', 'product'];
const countable = [...facets, 'original_file_name', 'name', 'description', 'file_version', 'architecture'];

export function BinariesPage() {
  const { t, fmt } = useI18n();
  const navigate = useNavigate();
  const search = useSearch({ from: '/shell/binaries' });
  const { live } = usePreferences();
  const q = search.q ?? '';
  const columns = useBinaryColumns();
  const texts = useFieldTexts();
  const layout = useFacetLayout('binaries', facets);
  const sort = search.sort ?? 'first_seen';
  const order = search.order ?? 'desc';
  const go = useCallback(
    (change: Partial<BinarySearch>, replace = false) =>
      void navigate({ to: '/binaries', search: (old) => readBinarySearch({ ...old, ...change }), replace }),
    [navigate],
  );

  const { pages, count, histogram, news, refresh, question } = useBinaryResults(search.q, sort, order, live);
  const span = { from: histogram.data?.from, to: histogram.data?.to };
  const bands = useBands(useCoverageOf(span), span);
  const { rows } = pages;
  const nothingToRead = rows.length === 0 && !pages.busy;
  useEffect(() => {
    if (nothingToRead && news.count > 0) refresh();
  }, [nothingToRead, news.count, refresh]);
  const total = count.data && !count.data.at_least ? count.data.count : undefined;

  const onOpen = useCallback((row: Binary) => go({ b: String(row.id) }, search.b !== undefined), [go, search.b]);
  const onClose = useCallback(() => go({ b: undefined }), [go]);
  const isOpen = useCallback((row: Binary) => String(row.id) === search.b, [search.b]);
  const onSort = (column: string) =>
    // The same column turns the order round; another one begins with the most, a name with A.
    column === sort
      ? go({ order: order === 'asc' ? undefined : 'asc' })
      : go({ sort: column as BinarySort, order: column === 'name' ? 'asc' : undefined });

  return (
    <Page title={search.q ? `${search.q} · ${t('tab.binaries')}` : t('tab.binaries')} headless fill>
      <Beside beside={search.b ? <BinaryDrawer id={search.b} row={rows.find(isOpen)} onClose={onClose} /> : null}>
        <Histogram
          data={pages.error ? undefined : histogram.data}
          stale={histogram.isPlaceholderData}
          bands={bands}
          caption={t('binaries.firstSeen')}
          label={(of) => t('binaries.histogram', of)}
          onBrush={(from, to) => go({ q: narrowed(q, from, to) })}
          onZoomOut={isNarrowed(q) ? () => go({ q: widened(q) }) : undefined}
        />
        <Faceted
          facets={
            layout.open ? (
              <FacetPanel
                layout={layout}
                choices={countable}
                texts={texts}
                source={(fields) => queries.binaryFacets(search.q, fields)}
                q={q}
                ready={!pages.busy && !pages.stale && !pages.loading && !pages.error}
                onFilter={(next) => go({ q: next })}
              />
            ) : null
          }
        >
          <DataTable
            id="binaries"
            label={t('tab.binaries')}
            columns={columns}
            rows={rows}
            keyOf={keyOf}
            total={total}
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
            bulk={(picked) => <CopyHashes binaries={picked} />}
            summary={
              <>
                <ShowFacets layout={layout} />
                {count.data ? (
                  <span data-testid="binary-count">
                    {count.data.at_least
                      ? t('binaries.moreThan', { binaries: fmt.number(count.data.count) })
                      : t('binaries.count', { n: count.data.count, binaries: fmt.number(count.data.count) })}
                  </span>
                ) : null}
              </>
            }
            tools={
              <ExportMenu
                name="binaries"
                address={(format) => api.binaryExport({ q: search.q, sort, order }, format)}
                total={total}
              />
            }
            notice={
              news.count > 0 && rows.length > 0 ? (
                <NewRows
                  onShow={() => {
                    if (sort !== 'first_seen' || order === 'asc') go({ sort: undefined, order: undefined });
                    refresh();
                  }}
                >
                  {t('binaries.new', {
                    n: news.count,
                    binaries: `${fmt.number(news.count)}${news.at_least ? '+' : ''}`,
                  })}
                </NewRows>
              ) : null
            }
            footer={
              pages.error && rows.length > 0 ? (
                <Failure what={t('binaries.moreFailed')} error={pages.error} onRetry={pages.goOn} compact />
              ) : null
            }
            empty={<Nothing q={search.q} pages={pages} />}
          />
        </Faceted>
      </Beside>
    </Page>
  );
}

function CopyHashes({ binaries }: { binaries: Binary[] }) {
  const { t, fmt } = useI18n();
  const copy = useCopy();
  const hashes = binaries.flatMap((binary) => bestHash(binary)?.value ?? []);
  return (
    <Button
      size="compact-sm"
      leftSection={<IconCopy size={14} />}
      disabled={hashes.length === 0}
      title={hashes.length === 0 ? t('binaries.noHashes') : undefined}
      onClick={() =>
        copy(hashes.join('\n'), t('binaries.copiedHashes', { n: hashes.length, hashes: fmt.number(hashes.length) }))
      }
    >
      {t('binaries.copyHashes')}
    </Button>
  );
}

/** Why there are no rows, and what to do. */
function Nothing({ q, pages }: { q: string | undefined; pages: Pages<Binary> }) {
  const { t } = useI18n();
  const errorText = useErrorText();
  if (pages.error) {
    if (!(pages.error instanceof ApiError && pages.error.status === 422)) {
      return <Failure what={t('binaries.failed')} error={pages.error} onRetry={pages.goOn} />;
    }
    return (
      <Empty
        title={t('filter.faulty')}
        actions={<Anchor href={eventsHref({ q, range: 'all' })}>{t('binaries.askEvents')}</Anchor>}
      >
        {errorText(pages.error)}
      </Empty>
    );
  }
  if (pages.loading) return <Waiting lines={12} />;
  if (pages.busy) return null;
  if (q) {
    return (
      <Empty
        title={t('binaries.noneMatch')}
        actions={
          <>
            <Anchor href={binariesHref()}>{t('events.withoutFilter')}</Anchor>
            <Anchor href={eventsHref({ q, range: 'all' })}>{t('binaries.askEvents')}</Anchor>
          </>
        }
      >
        {t('binaries.noneMatchText')}
      </Empty>
    );
  }
  return (
    <Empty title={t('binaries.none')} actions={<Anchor href="/import">{t('events.importFirst')}</Anchor>}>
      {t('binaries.noneText')}
    </Empty>
  );
}
