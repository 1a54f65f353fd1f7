import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import { demoHref, eventsHref } from '@/app/search';
import { useSession } from '@/app/session';
import { Loaded } from '@/primitives/Loaded';
import { Stats } from '@/primitives/Stats';

/** The state of the server: what it holds, and how much room that takes. */
export function Server({ every }: { every: number }) {
  const { t, fmt } = useI18n();
  const { user } = useSession();
  const status = useQuery({ ...queries.status(), refetchInterval: every });
  return (
    <Loaded query={status} failed={t('overview.failed')} lines={2}>
      {({ version, demo, database, events, oldest, newest }) => (
        <Stats
          label={t('overview.server')}
          items={[
            {
              label: t('overview.stored'),
              value: fmt.number(events.starts + events.stops),
              note: t('overview.storedOf', { starts: fmt.number(events.starts), stops: fmt.number(events.stops) }),
              href: eventsHref({ range: 'all' }),
            },
            ...(oldest
              ? [{ label: t('overview.oldest'), value: fmt.date(oldest), note: fmt.clock(oldest).slice(0, 8) }]
              : []),
            ...(newest
              ? [{ label: t('overview.newest'), value: fmt.date(newest), note: fmt.clock(newest).slice(0, 8) }]
              : []),
            {
              label: t('overview.database'),
              value: fmt.bytes(database.bytes),
              note: t(database.private ? 'overview.databaseOwn' : 'overview.databaseNote', {
                version: database.version,
              }),
            },
            {
              label: t('overview.version'),
              value: version,
              note: demo ? t('demo') : null,
              href: demoHref({ demo }, user),
            },
          ]}
        />
      )}
    </Loaded>
  );
}
