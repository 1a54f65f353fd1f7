import { type ReactNode, useCallback, useEffect } from 'react';
import { ApiError } from '@/api/client';
import { DataTable } from './DataTable/DataTable';
import { NewRows } from './DataTable/NewRows';
import type { Column, Sort } from './DataTable/types';
import { Faceted, ShowFacets } from './Facets/Faceted';
import type { FacetLayout } from './Facets/useFacetLayout';
import { Beside } from './Page';
import { Failure, Waiting } from './State';
import type { Pages } from './usePages';

interface ListingProps<R> {
  /** Names the remembered layout of the table. */
  id: string;
  label: string;
  columns: Column<R>[];
  pages: Pages<R>;
  /** The rows as they are shown, where they are not as they were read. */
  rows?: R[];
  keyOf(row: R): string;
  hrefOf(row: R): string | undefined;
  /** Of how many rows there are in all, where that is known. */
  total?: number;
  /** Which question the rows answer: another one starts at the top. */
  question: string;
  sort?: Sort;
  onSort?(column: string): void;
  /** The key of the row that lies open beside the table, as the address says. */
  open: string | undefined;
  /** Opens a row, or closes what lies open. `replace`: going from row to row is one step for the browser's history. */
  onOpen(key: string | undefined, replace?: boolean): void;
  /** What lies open; of its row as far as it is in the list. */
  beside(key: string, row: R | undefined): ReactNode;
  /** Stands above the table: when there is how much. */
  chart?: ReactNode;
  layout?: FacetLayout;
  /** The values beside the table. `ready`: the rows have arrived, counting does not hold them up. */
  facets?(ready: boolean): ReactNode;
  summary?: ReactNode;
  tools?: ReactNode;
  bulk?(rows: R[]): ReactNode;
  /** What has come since, and waits until it is asked for. */
  news?: { count: number; text: string; onShow(): void };
  /** Reads the list anew. */
  refresh?(): void;
  /** What is said when the list, or what follows of it, could not be read. */
  failed: string;
  moreFailed: string;
  /** What is said in place of that where the filter is to blame. */
  refused?(error: ApiError): ReactNode;
  /** Why there are no rows, and what to do. */
  none(): ReactNode;
}

/** A page's list: its rows as a table, figures above it, facets on the one side and what lies open on the other. */
export function Listing<R>(props: ListingProps<R>) {
  const { pages, rows = pages.rows, keyOf, open, onOpen, layout, news, refresh } = props;
  const { error } = pages;
  const waiting = news?.count ?? 0;
  const nothingToRead = rows.length === 0 && !pages.busy;
  useEffect(() => {
    if (nothingToRead && waiting > 0) refresh?.();
  }, [nothingToRead, waiting, refresh]);
  const onRow = useCallback((row: R) => onOpen(keyOf(row), open !== undefined), [onOpen, keyOf, open]);
  const onClose = useCallback(() => onOpen(undefined), [onOpen]);
  const isOpen = useCallback((row: R) => keyOf(row) === open, [keyOf, open]);
  const empty = () => {
    if (error instanceof ApiError && error.status === 422 && props.refused) return props.refused(error);
    if (error) return <Failure what={props.failed} error={error} onRetry={pages.goOn} />;
    if (pages.loading) return <Waiting lines={12} />;
    return pages.busy ? null : props.none();
  };
  const table = (
    <DataTable
      id={props.id}
      label={props.label}
      columns={props.columns}
      rows={rows}
      keyOf={keyOf}
      total={props.total}
      stale={pages.stale}
      busy={pages.busy}
      question={props.question}
      onNearEnd={pages.more}
      sort={props.sort}
      onSort={props.onSort}
      onOpen={onRow}
      onClose={onClose}
      isOpen={isOpen}
      hrefOf={props.hrefOf}
      bulk={props.bulk}
      summary={
        <>
          {layout ? <ShowFacets layout={layout} /> : null}
          {props.summary}
        </>
      }
      tools={props.tools}
      notice={news && news.count > 0 && rows.length > 0 ? <NewRows onShow={news.onShow}>{news.text}</NewRows> : null}
      footer={
        error && rows.length > 0 ? <Failure what={props.moreFailed} error={error} onRetry={pages.goOn} compact /> : null
      }
      empty={rows.length === 0 ? empty() : null}
    />
  );
  return (
    <Beside beside={open ? props.beside(open, rows.find(isOpen)) : null}>
      {props.chart}
      {layout ? (
        <Faceted
          facets={layout.open ? props.facets?.(!pages.busy && !pages.stale && !pages.loading && !pages.error) : null}
        >
          {table}
        </Faceted>
      ) : (
        table
      )}
    </Beside>
  );
}
