import { Tooltip } from '@mantine/core';
import { useI18n } from '../i18n';
import { useLiveness } from '../liveState';
import { setPreferences, usePreferences } from '../preferences';
import { type Range, reachesNow } from '../range';
import classes from './Shell.module.css';

/** Turns live on and off, and says when the connection is lost. Where there is no range, news can always come. */
export function LiveSwitch({ range }: { range?: Range }) {
  const { t } = useI18n();
  const { live } = usePreferences();
  const liveness = useLiveness();
  const possible = range === undefined || reachesNow(range, Date.now());
  const state = !possible
    ? 'past'
    : !live
      ? 'off'
      : liveness === 'lost'
        ? 'lost'
        : liveness === 'open'
          ? 'on'
          : 'connecting';
  return (
    <Tooltip label={t(`live.${state}.title`)}>
      <button
        type="button"
        className={classes.live}
        role="switch"
        aria-checked={live && possible}
        aria-disabled={!possible}
        data-state={state}
        aria-label={t('live.label')}
        onClick={() => possible && setPreferences({ live: !live })}
      >
        <span className={classes.dot} aria-hidden="true" />
        {state === 'lost' ? t('live.lost') : t('live')}
      </button>
    </Tooltip>
  );
}
