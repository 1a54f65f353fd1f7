import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { UpdateState } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { usePreferences } from '@/app/preferences';
import { Loaded } from '@/primitives/Loaded';
import { History } from './History';
import { Programs } from './Programs';
import { RollOut } from './RollOut';
import { SettingsForm } from './SettingsForm';
import classes from './UpdatesTab.module.css';
import { Versions } from './Versions';

/** How often the figures are read anew: each step of a station takes some seconds. */
const every = 5_000;

interface UpdatesTabProps {
  /** The updates that are listed; all, where absent. */
  state: UpdateState | undefined;
  onState(state: UpdateState | undefined): void;
}

/** How far the agents of the fleet are brought to the newest version, and what became of it. */
export function UpdatesTab({ state, onState }: UpdatesTabProps) {
  const { t } = useI18n();
  const { live } = usePreferences();
  const following = live ? every : false;
  const updates = useQuery({ ...queries.updates(), refetchInterval: following, staleTime: 0 });
  return (
    <Loaded query={updates} failed={t('updates.failed')} lines={12}>
      {(found) => (
        <div className={classes.page}>
          <div className={classes.main}>
            <RollOut updates={found} />
            <Versions versions={found.versions} />
          </div>
          <div className={classes.side}>
            <SettingsForm key={JSON.stringify(found.settings)} updates={found} />
            <Programs programs={found.programs} />
          </div>
          <div className={classes.across}>
            <History state={state} onState={onState} every={following} />
          </div>
        </div>
      )}
    </Loaded>
  );
}
