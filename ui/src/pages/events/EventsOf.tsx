import { Button } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useCallback, useMemo } from 'react';
import type { EventCount, EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import type { Range } from '@/app/range';
import { type EventList, eventsHref } from '@/app/search';
import { DataTable } from '@/primitives/DataTable/DataTable';
import { Beside, Quiet } from '@/primitives/Page';
import { Empty, Failure, Waiting } from '@/primitives/State';
import { useEventColumns } from './columns';
import { EventDrawer } from './EventDrawer';
import { processHref } from './fields';
import { SearchFooter } from './SearchFooter';
import { useEventResults } from './useEventResults';
import { useFurther } from './useFurther';

const keyOf = (row: EventRow) => row.id;
const hrefOf = (row: EventRow) => processHref(row.process);
const everything: Range = { kind: 'all' };

interface EventsOfProps {
  /** The filter that finds them. */
  q: string;
  list?: EventList;
  /** Names the remembered layout. */
  id: string;
  label: string;
  /** The process that lies open, as the address says. */
  open: string | undefined;
  onOpen(process: string | undefined): void;
  note?: string;
  /** What to say where there are none. */
  none?: string;
  /** The column that would say the same in every row. */
  without?: string;
}

/** The events of one thing on its own page, the newest first. Filtering and counting them is left to the events page. */
export function EventsOf({ q, list = 'events', id, label, open, onOpen, note, none, without }: EventsOfProps) {
  const { t, fmt } = useI18n();
  const all = useEventColumns(list);
  const columns = useMemo(() => all.filter((column) => column.id !== without), [all, without]);
  const { of, at, pages, count, question } = useEventResults(q, everything, 'desc', list);
  const further = useFurther(pages, question);
  const { rows } = pages;
  const isOpen = useCallback((row: EventRow) => row.process === open, [open]);
  const counted = count.data;
  const countText = ({ count: n, at_least }: EventCount) => {
    const values = { n, events: fmt.number(n) };
    if (list === 'processes') return at_least ? t('processes.moreThan', values) : t('processes.count', values);
    return at_least ? t('events.moreThan', values) : t('events.count', values);
  };
  return (
    <Beside beside={open ? <EventDrawer id={open} row={rows.find(isOpen)} onClose={() => onOpen(undefined)} /> : null}>
      <DataTable
        id={id}
        label={label}
        columns={columns}
        rows={rows}
        keyOf={keyOf}
        total={counted && !counted.at_least ? counted.count : undefined}
        stale={pages.stale}
        busy={pages.busy}
        question={question}
        onNearEnd={pages.more}
        onOpen={(row) => onOpen(row.process)}
        onClose={() => onOpen(undefined)}
        isOpen={isOpen}
        hrefOf={hrefOf}
        summary={
          <>
            {counted ? countText(counted) : null}
            {note ? <Quiet> · {note}</Quiet> : null}
          </>
        }
        tools={
          <Button
            size="compact-md"
            component="a"
            href={eventsHref({ q, range: 'all' }, list)}
            leftSection={<IconExternalLink size={14} />}
          >
            {t(list === 'processes' ? 'events.openProcesses' : 'events.openAll')}
          </Button>
        }
        footer={<SearchFooter pages={pages} further={further} of={of} at={at} ascending={false} />}
        empty={
          pages.error ? (
            <Failure what={t('events.failed')} error={pages.error} onRetry={pages.goOn} />
          ) : pages.loading ? (
            <Waiting lines={12} />
          ) : pages.busy || pages.cut ? null : (
            <Empty title={none ?? t('events.ofNone')} />
          )
        }
      />
    </Beside>
  );
}
