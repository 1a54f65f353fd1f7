import { SegmentedControl } from '@mantine/core';
import { useRef } from 'react';
import { useEventAddress } from '@/app/eventSearch';
import { useI18n } from '@/app/i18n';
import { type Range, writeRange } from '@/app/range';
import { addTerm, dropTerm, hasTerm } from '@/primitives/FilterBar/terms';
import { useEventColumns } from '../events/columns';
import { EventList } from '../events/EventList';
import { running } from '../events/running';

const facets = ['name', 'user', 'station', 'parent_name', 'signer', 'integrity'];

/** What runs now and what ran: one row for each process. */
export function ProcessesPage() {
  const { t } = useI18n();
  return (
    <EventList
      list="processes"
      title={t('tab.processes')}
      columns={useEventColumns('processes')}
      timeColumn="started"
      facets={facets}
      countText={({ atLeast, ...count }) => (atLeast ? t('processes.moreThan', count) : t('processes.count', count))}
      switcher={<RunningSwitch />}
    />
  );
}

/** Leaves out what has ended. What runs now may have started long ago, so that goes with all time. */
function RunningSwitch() {
  const { t } = useI18n();
  const { search, range, go } = useEventAddress();
  const before = useRef<Range>(undefined);
  const q = search.q ?? '';
  const choose = (only: boolean) => {
    if (only) {
      before.current = range;
      go({ q: addTerm(q, running), ...writeRange({ kind: 'all' }), p: undefined });
    } else {
      const back = range.kind === 'all' && before.current ? writeRange(before.current) : {};
      go({ q: dropTerm(q, running) || undefined, ...back, p: undefined });
    }
  };
  return (
    <SegmentedControl
      aria-label={t('processes.which')}
      value={hasTerm(q, running) ? 'running' : 'all'}
      onChange={(value) => choose(value === 'running')}
      data={[
        { value: 'all', label: t('processes.all') },
        { value: 'running', label: t('processes.running') },
      ]}
    />
  );
}
