import { useCallback } from 'react';
import { queries } from '@/api/queries';
import type { Binary, BinaryPage, Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { binaryHref } from '@/app/search';
import { BinaryDrawer } from '@/pages/binaries/BinaryDrawer';
import { useBinaryColumns } from '@/pages/binaries/columns';
import { DataTable } from '@/primitives/DataTable/DataTable';
import { Beside, Quiet } from '@/primitives/Page';
import { Empty, Failure, Waiting } from '@/primitives/State';
import { usePages } from '@/primitives/usePages';

const rowsOf = (page: BinaryPage) => page.binaries;
const keyOf = (row: Binary) => String(row.id);
const hrefOf = (row: Binary) => binaryHref(row.id);

interface StationBinariesProps {
  station: Station;
  /** The binary that lies open, as the address says. */
  open: string | undefined;
  onOpen(binary: string | undefined): void;
}

/** What has run on a station, that first which is rarest in the fleet. */
export function StationBinaries({ station, open, onOpen }: StationBinariesProps) {
  const { t, fmt } = useI18n();
  const columns = useBinaryColumns({ here: true });
  const pages = usePages(
    queries.stationBinaries(station.id) as Parameters<typeof usePages<BinaryPage, Binary>>[0],
    rowsOf,
    keyOf,
  );
  const isOpen = useCallback((row: Binary) => String(row.id) === open, [open]);
  return (
    <Beside
      beside={open ? <BinaryDrawer id={open} row={pages.rows.find(isOpen)} onClose={() => onOpen(undefined)} /> : null}
    >
      <DataTable
        id="station-binaries"
        label={t('station.binariesOf')}
        columns={columns}
        rows={pages.rows}
        keyOf={keyOf}
        total={station.binaries}
        stale={pages.stale}
        busy={pages.busy}
        question={String(station.id)}
        onNearEnd={pages.more}
        onOpen={(row) => onOpen(keyOf(row))}
        onClose={() => onOpen(undefined)}
        isOpen={isOpen}
        hrefOf={hrefOf}
        summary={
          <>
            {station.binaries === undefined
              ? null
              : `${t('binaries.count', { n: station.binaries, binaries: fmt.number(station.binaries) })} · `}
            <Quiet>{t('station.rarestFirst')}</Quiet>
          </>
        }
        footer={
          pages.error && pages.rows.length > 0 ? (
            <Failure what={t('binaries.moreFailed')} error={pages.error} onRetry={pages.goOn} compact />
          ) : null
        }
        empty={
          pages.error ? (
            <Failure what={t('binaries.failed')} error={pages.error} onRetry={pages.goOn} />
          ) : pages.loading ? (
            <Waiting lines={8} />
          ) : pages.busy ? null : (
            <Empty title={t('station.noBinaries')} />
          )
        }
      />
    </Beside>
  );
}
