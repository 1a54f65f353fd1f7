import { NativeSelect, SegmentedControl } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { queries } from '@/api/queries';
import type { Gap, GapCause, GapPage, Station } from '@/api/types';
import { useTellCoverage } from '@/app/coverage';
import { useI18n } from '@/app/i18n';
import { GapDrawer } from '@/pages/coverage/GapDrawer';
import { useGapColumns } from '@/pages/coverage/gapColumns';
import { causes } from '@/pages/coverage/gaps';
import { lossText } from '@/pages/coverage/summary';
import { CoverageLine } from '@/primitives/Coverage/CoverageLine';
import { DataTable } from '@/primitives/DataTable/DataTable';
import { Beside, Line, Quiet } from '@/primitives/Page';
import { Empty, Failure, Waiting } from '@/primitives/State';
import { usePages } from '@/primitives/usePages';
import { type Span, spanBefore, spans } from './span';

const bands = 240;
const rowsOf = (page: GapPage) => page.gaps;
const keyOf = (gap: Gap) => String(gap.id);

interface StationGapsProps {
  station: Station;
  span: Span;
  onSpan(span: Span): void;
  cause: string | undefined;
  onCause(cause: GapCause | undefined): void;
  /** The gap that lies open, as the address says. */
  open: string | undefined;
  onOpen(gap: string | undefined): void;
}

/** For which times a station's record is incomplete, and why. */
export function StationGaps({ station, span, onSpan, cause, onCause, open, onOpen }: StationGapsProps) {
  const { t, fmt } = useI18n();
  const latest = [station.last_seen, station.last_contact ?? ''].sort().at(-1)!;
  const { from, to } = spanBefore(latest, span);
  const chosen = causes.find((each) => each === cause);
  const columns = useGapColumns();
  const report = useQuery({
    ...queries.coverage({ from, to, station: [station.id], bands }),
    placeholderData: keepPreviousData,
  });
  useTellCoverage(report.data, { from, to });
  const pages = usePages(
    queries.gaps({ station: [station.id], from, to, cause: chosen }) as Parameters<typeof usePages<GapPage, Gap>>[0],
    rowsOf,
    keyOf,
  );
  const isOpen = useCallback((gap: Gap) => keyOf(gap) === open, [open]);
  const gap = pages.rows.find(isOpen);
  const loss = report.data ? lossText(report.data, t, fmt) : undefined;
  return (
    <Beside beside={gap ? <GapDrawer gap={gap} onClose={() => onOpen(undefined)} /> : null}>
      <CoverageLine bands={report.data?.bands} from={from} to={to} />
      <DataTable
        id="station-gaps"
        label={t('gaps.title')}
        columns={columns}
        rows={pages.rows}
        keyOf={keyOf}
        stale={pages.stale}
        busy={pages.busy}
        question={JSON.stringify([station.id, from, to, chosen])}
        onNearEnd={pages.more}
        onOpen={(row) => onOpen(keyOf(row))}
        onClose={() => onOpen(undefined)}
        isOpen={isOpen}
        summary={
          <Line>
            <SegmentedControl
              aria-label={t('station.span')}
              value={span}
              onChange={(value) => onSpan(value as Span)}
              data={spans.map((each) => ({ value: each, label: each.replace(/\D/, ' $&') }))}
            />
            <NativeSelect
              size="xs"
              aria-label={t('gaps.cause')}
              value={chosen ?? ''}
              onChange={(event) => onCause(causes.find((each) => each === event.currentTarget.value))}
              data={[
                { value: '', label: t('gaps.allCauses') },
                ...causes.map((each) => ({ value: each, label: t(`cause.${each}`) })),
              ]}
            />
            {report.data ? (
              <Quiet>
                {[t('gaps.count', { n: report.data.gaps, gaps: fmt.number(report.data.gaps) }), loss]
                  .filter(Boolean)
                  .join(' · ')}
              </Quiet>
            ) : null}
          </Line>
        }
        footer={
          pages.error && pages.rows.length > 0 ? (
            <Failure what={t('gaps.failed')} error={pages.error} onRetry={pages.goOn} compact />
          ) : null
        }
        empty={
          pages.error ? (
            <Failure what={t('gaps.failed')} error={pages.error} onRetry={pages.goOn} />
          ) : pages.loading ? (
            <Waiting lines={8} />
          ) : pages.busy ? null : station.origin === 'imported' ? (
            <Empty title={t('gaps.none')}>{t('gaps.noneImported')}</Empty>
          ) : (
            <Empty title={t('gaps.none')}>{t('gaps.noneText')}</Empty>
          )
        }
      />
    </Beside>
  );
}
