import { Anchor, Button } from '@mantine/core';
import { IconCopy } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Binary, BinarySort } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { usePreferences } from '@/app/preferences';
import { type BinarySearch, binariesHref, binaryHref, eventsHref, readBinarySearch } from '@/app/search';
import { useBands } from '@/pages/coverage/useBands';
import { useCoverageOf } from '@/pages/coverage/useCoverageOf';
import { useFieldTexts } from '@/pages/events/useFieldTexts';
import { ExportMenu } from '@/primitives/Export/ExportMenu';
import { FacetPanel } from '@/primitives/Facets/FacetPanel';
import { useFacetLayout } from '@/primitives/Facets/useFacetLayout';
import { Histogram } from '@/primitives/Histogram';
import { Listing } from '@/primitives/Listing';
import { Page } from '@/primitives/Page';
import { Empty, useErrorText } from '@/primitives/State';
import { useCopy } from '@/primitives/useCopy';
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
  const total = count.data && !count.data.at_least ? count.data.count : undefined;

  const onOpen = useCallback((b: string | undefined, replace?: boolean) => go({ b }, replace), [go]);
  const onSort = (column: string) =>
    // The same column turns the order round; another one begins with the most, a name with A.
    column === sort
      ? go({ order: order === 'asc' ? undefined : 'asc' })
      : go({ sort: column as BinarySort, order: column === 'name' ? 'asc' : undefined });

  return (
    <Page title={search.q ? `${search.q} · ${t('tab.binaries')}` : t('tab.binaries')} headless fill>
      <Listing
        id="binaries"
        label={t('tab.binaries')}
        columns={columns}
        pages={pages}
        keyOf={keyOf}
        hrefOf={hrefOf}
        total={total}
        question={question}
        sort={{ column: sort, descending: order === 'desc' }}
        onSort={onSort}
        open={search.b}
        onOpen={onOpen}
        beside={(id, row) => <BinaryDrawer id={id} row={row} onClose={() => onOpen(undefined)} />}
        chart={
          <Histogram
            data={pages.error ? undefined : histogram.data}
            stale={histogram.isPlaceholderData}
            bands={bands}
            caption={t('binaries.firstSeen')}
            label={(of) => t('binaries.histogram', of)}
            onBrush={(from, to) => go({ q: narrowed(q, from, to) })}
            onZoomOut={isNarrowed(q) ? () => go({ q: widened(q) }) : undefined}
          />
        }
        layout={layout}
        facets={(ready) => (
          <FacetPanel
            layout={layout}
            choices={countable}
            texts={texts}
            source={(fields) => queries.binaryFacets(search.q, fields)}
            q={q}
            ready={ready}
            onFilter={(next) => go({ q: next })}
          />
        )}
        bulk={(picked) => <CopyHashes binaries={picked} />}
        summary={
          count.data ? (
            <span data-testid="binary-count">
              {count.data.at_least
                ? t('binaries.moreThan', { binaries: fmt.number(count.data.count) })
                : t('binaries.count', { n: count.data.count, binaries: fmt.number(count.data.count) })}
            </span>
          ) : null
        }
        tools={
          <ExportMenu
            name="binaries"
            address={(format) => api.binaryExport({ q: search.q, sort, order }, format)}
            total={total}
          />
        }
        news={{
          count: news.count,
          text: t('binaries.new', { n: news.count, binaries: `${fmt.number(news.count)}${news.at_least ? '+' : ''}` }),
          onShow: () => {
            if (sort !== 'first_seen' || order === 'asc') go({ sort: undefined, order: undefined });
            refresh();
          },
        }}
        refresh={refresh}
        failed={t('binaries.failed')}
        moreFailed={t('binaries.moreFailed')}
        refused={(error) => <Refused q={search.q} error={error} />}
        none={() => <Nothing q={search.q} />}
      />
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

/** The filter asks what is not known of binaries. */
function Refused({ q, error }: { q: string | undefined; error: Error }) {
  const { t } = useI18n();
  const errorText = useErrorText();
  return (
    <Empty
      title={t('filter.faulty')}
      actions={<Anchor href={eventsHref({ q, range: 'all' })}>{t('binaries.askEvents')}</Anchor>}
    >
      {errorText(error)}
    </Empty>
  );
}

/** Why there are no rows, and what to do. */
function Nothing({ q }: { q: string | undefined }) {
  const { t } = useI18n();
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
