import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import { useEventAddress } from '@/app/eventSearch';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { dropTerm, hasTerm } from '@/primitives/FilterBar/terms';
import { Empty } from '@/primitives/State';
import { useRangeName } from '@/primitives/TimeRange';
import { running } from './running';

/** Why there is nothing, and what to do. */
export function NothingFound() {
  const { t, fmt } = useI18n();
  const { search, range, list } = useEventAddress();
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
  const onlyRunning = list === 'processes' && search.q !== undefined && hasTerm(search.q, running);
  const to = (change: Partial<typeof search>) => eventsHref({ ...search, p: undefined, ...change }, list);
  return (
    <Empty
      title={onlyRunning ? t('processes.noneRunning') : search.q ? t('events.noneMatch') : t('events.noneInRange')}
      actions={
        <>
          {limited ? (
            <Anchor href={to({ range: 'all', from: undefined, to: undefined })}>{t('events.lookEverywhere')}</Anchor>
          ) : null}
          {onlyRunning ? (
            <Anchor href={to({ q: dropTerm(search.q!, running) })}>{t('processes.showAll')}</Anchor>
          ) : search.q ? (
            <Anchor href={to({ q: undefined })}>{t('events.withoutFilter')}</Anchor>
          ) : null}
        </>
      }
    >
      {onlyRunning ? `${t('processes.noneRunningText')} ` : ''}
      {limited ? `${t('events.rangeIs', { range: name(range) })} ` : ''}
      {status?.oldest && status.newest
        ? t('events.storedFrom', { oldest: fmt.dateTime(status.oldest), newest: fmt.dateTime(status.newest) })
        : ''}
    </Empty>
  );
}
