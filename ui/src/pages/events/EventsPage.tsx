import { useI18n } from '@/app/i18n';
import { useEventColumns } from './columns';
import { EventList } from './EventList';

const facets = ['name', 'user', 'station', 'parent_name', 'signer', 'integrity'];

export function EventsPage() {
  const { t } = useI18n();
  return (
    <EventList
      list="events"
      title={t('tab.events')}
      columns={useEventColumns('events')}
      timeColumn="time"
      facets={facets}
      countText={({ atLeast, ...count }) => (atLeast ? t('events.moreThan', count) : t('events.count', count))}
    />
  );
}
