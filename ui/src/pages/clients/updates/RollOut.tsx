import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import type { Updates } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Chip, type Tone } from '@/primitives/Chip';
import { Tick } from '@/primitives/Choice';
import { Panel, Quiet } from '@/primitives/Page';
import { PasswordDialog } from '@/primitives/PasswordDialog';
import { ShareBar, type ShareTone } from '@/primitives/ShareBar';
import type { SignShape } from '@/primitives/Sign';
import { useErrorText } from '@/primitives/State';
import { Stats } from '@/primitives/Stats';
import { useSaid } from '@/primitives/useSaid';
import { Verdict } from '@/primitives/Verdict';
import { offered, type Part, parts } from './parts';
import classes from './RollOut.module.css';
import { useUpdateChange } from './useUpdateChange';

const looks: Record<Updates['state'], { tone: Tone; sign: SignShape; hollow?: boolean }> = {
  off: { tone: 'plain', sign: 'disc', hollow: true },
  rolling: { tone: 'good', sign: 'disc' },
  paused: { tone: 'warn', sign: 'diamond' },
  unavailable: { tone: 'bad', sign: 'cross' },
};

const tones: Record<Part, ShareTone> = { current: 'good', underWay: 'accent', behind: 'quiet', unable: 'warn' };

type Asked = 'on' | 'resume';

/** The one switch, how far it has come, and why it stands still where it does. */
export function RollOut({ updates }: { updates: Updates }) {
  const { t } = useI18n();
  const { text } = useSaid();
  const { state, stations, paused, why_not } = updates;
  const [asked, setAsked] = useState<Asked>();
  const version = offered(updates.programs);
  return (
    <Panel title={t('updates.title')} lead={t('updates.lead')} actions={<Actions updates={updates} onAsk={setAsked} />}>
      <div className={classes.body}>
        <div className={classes.state} role="status">
          <Chip {...looks[state]}>{t(`updates.state.${state}`)}</Chip>
          <span>
            {state === 'rolling'
              ? t('updates.state.rolling.text', { version: version ?? '' })
              : t(`updates.state.${state}.text`)}
          </span>
        </div>
        {why_not ? <Verdict tone="bad">{text(why_not)}</Verdict> : null}
        {state === 'paused' && paused ? <Paused paused={paused} /> : null}
        {stations.all > 0 ? <Progress updates={updates} /> : <Quiet>{t('updates.noStations')}</Quiet>}
      </div>
      {asked ? <Ask asked={asked} updates={updates} version={version} onClose={() => setAsked(undefined)} /> : null}
    </Panel>
  );
}

function Actions({ updates: { state, settings }, onAsk }: { updates: Updates; onAsk(asked: Asked): void }) {
  const { t } = useI18n();
  const errorText = useErrorText();
  const apply = useUpdateChange();
  const act = useMutation({
    mutationFn: apply,
    onError: (error) => notifications.show({ color: 'red', message: errorText(error) }),
  });
  // What makes it stop is done at once; what makes it go asks first.
  const off = () => act.mutate(() => api.changeUpdates({ ...settings, enabled: false }));
  if (!settings.enabled) {
    return (
      <Button variant="filled" onClick={() => onAsk('on')}>
        {t('updates.on')}
      </Button>
    );
  }
  return (
    <>
      {state === 'rolling' ? (
        <Button loading={act.isPending} onClick={() => act.mutate(api.pauseUpdates)}>
          {t('updates.pause')}
        </Button>
      ) : null}
      {state === 'paused' ? (
        <Button variant="filled" onClick={() => onAsk('resume')}>
          {t('updates.resume')}
        </Button>
      ) : null}
      <Button disabled={act.isPending} onClick={off}>
        {t('updates.off')}
      </Button>
    </>
  );
}

interface AskProps {
  asked: Asked;
  updates: Updates;
  version: string | undefined;
  onClose(): void;
}

/** Says what will happen, and asks for the password. */
function Ask({ asked, updates: { settings, stations, at_once }, version, onClose }: AskProps) {
  const { t, fmt } = useI18n();
  const apply = useUpdateChange();
  const [retry, setRetry] = useState(stations.failed > 0);
  const reach = t('updates.reach', {
    n: stations.in_scope,
    stations: fmt.number(stations.in_scope),
    b: stations.behind,
    behind: fmt.number(stations.behind),
    once: fmt.number(at_once),
    version: version ?? '',
  });
  return (
    <PasswordDialog
      title={t(asked === 'on' ? 'updates.onTitle' : 'updates.resumeTitle')}
      action={t(asked === 'on' ? 'updates.on' : 'updates.resume')}
      onClose={onClose}
      onConfirm={(password) =>
        apply(() =>
          asked === 'on'
            ? api.changeUpdates({ ...settings, enabled: true, password })
            : api.resumeUpdates({ retry, password }),
        )
      }
    >
      <p className={classes.reach}>{reach}</p>
      {asked === 'resume' ? (
        <Tick title={t('updates.retry')} text={t('updates.retryText')} checked={retry} onChange={setRetry} />
      ) : null}
    </PasswordDialog>
  );
}

/** Who stopped it, when and why. */
function Paused({ paused }: { paused: NonNullable<Updates['paused']> }) {
  const { t, fmt } = useI18n();
  const { text } = useSaid();
  return (
    <Verdict tone="warn">
      {text(paused.why)} <Quiet>{t('updates.pausedAt', { time: fmt.dateTime(paused.at).slice(0, 16) })}</Quiet>
    </Verdict>
  );
}

function Progress({ updates: { stations, settings, at_once } }: { updates: Updates }) {
  const { t, fmt } = useI18n();
  return (
    <>
      {stations.in_scope > 0 ? (
        <ShareBar
          label={t('updates.progress')}
          parts={parts(stations).map(({ part, value }) => ({
            key: part,
            label: t(`updates.part.${part}`),
            value,
            tone: tones[part],
          }))}
        />
      ) : null}
      <Stats
        label={t('updates.title')}
        inline
        items={[
          {
            label: t('updates.scope'),
            value: t('health.of', { part: fmt.number(stations.in_scope), whole: fmt.number(stations.all) }),
          },
          ...(settings.enabled
            ? [
                { label: t('updates.succeeded'), value: fmt.number(stations.succeeded) },
                { label: t('updates.failures'), value: fmt.number(stations.failed), calls: stations.failed > 0 },
                { label: t('updates.atOnce'), value: fmt.number(at_once) },
              ]
            : []),
        ]}
      />
    </>
  );
}
