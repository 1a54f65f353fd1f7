import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Search } from '@/api/client';
import { queries } from '@/api/queries';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Failure } from '@/primitives/State';
import type { Pages } from '@/primitives/usePages';
import type { Further } from './useFurther';

const day = 86_400_000;
/** A search that is done sooner than this needs no word. */
const patience = 1_500;

interface SearchFooterProps {
  pages: Pages<EventRow>;
  further: Further;
  of: Search;
  /** When it was asked. */
  at: number;
  ascending: boolean;
}

/** How far the answer reaches, where that is not to its end; a long search can be stopped here. */
export function SearchFooter({ pages, further, of, at, ascending }: SearchFooterProps) {
  const { t, fmt } = useI18n();
  const slow = useSlow(pages.busy);
  const days = useDays(of, at, ascending, pages.cut ? pages.searchedTo : undefined);
  if (pages.error && pages.rows.length > 0) {
    return <Failure what={t('events.moreFailed')} error={pages.error} onRetry={pages.goOn} compact />;
  }
  const reached = pages.cut && !pages.stale && pages.searchedTo;
  const far = reached ? t('search.back', { time: fmt.dateTime(reached) }) : undefined;
  const text = [
    far ?? (further.stopped ? t('search.stopped') : pages.busy ? t('search.searching') : t('events.cut')),
    days && t('search.days', { n: days.all, days: fmt.number(days.done), all: fmt.number(days.all) }),
  ]
    .filter(Boolean)
    .join(' · ');

  if (pages.busy && (slow || pages.cut)) {
    return (
      <>
        <span role="status">{text}</span>
        <Button size="compact-sm" onClick={further.stop}>
          {t('stop')}
        </Button>
      </>
    );
  }
  if (further.stopped || (pages.cut && !pages.busy)) {
    return (
      <>
        <span role="status">{text}</span>
        <Button size="compact-sm" onClick={further.goOn}>
          {pages.cut ? t('events.further') : t('search.again')}
        </Button>
      </>
    );
  }
  return null;
}

/** How many of the days that were asked for have been looked through. */
function useDays(of: Search, at: number, ascending: boolean, searchedTo: string | undefined) {
  const { data: status } = useQuery({ ...queries.status(), enabled: searchedTo !== undefined });
  const [oldest, newest] = [of.from ?? status?.oldest, of.to ?? status?.newest];
  if (!searchedTo || !oldest) return undefined;
  const first = Math.max(Date.parse(oldest), status?.oldest ? Date.parse(status.oldest) : 0);
  const last = Math.min(newest ? Date.parse(newest) : at, at);
  const reached = Date.parse(searchedTo);
  const all = Math.ceil((last - first) / day);
  // Of a single day its part would have to be told, and that is what the time says.
  if (!(all > 1)) return undefined;
  const done = Math.floor((ascending ? reached - first : last - reached) / day);
  return { done: Math.max(0, Math.min(done, all)), all };
}

/** Whether something has gone on for so long that one wonders. */
function useSlow(busy: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!busy) return;
    const timer = setTimeout(() => setSlow(true), patience);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [busy]);
  return slow && busy;
}
