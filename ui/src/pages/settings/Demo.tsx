import { Button } from '@mantine/core';
import { useMutation, useMutationState, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import { ofRecords, queries } from '@/api/queries';
import type { Demo as Left } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Confirm } from '@/primitives/Confirm';
import { Loaded } from '@/primitives/Loaded';
import { Panel, Quiet } from '@/primitives/Page';
import { ProgressLine } from '@/primitives/ProgressLine';
import { Failure } from '@/primitives/State';
import { Stats } from '@/primitives/Stats';

/** Under this key a removal is found again by whoever left the page and comes back. */
const removal = ['demo', 'remove'];

/** What the demo is and how much of it is there, and the way to be rid of it. */
export function Demo() {
  const { t, fmt } = useI18n();
  const client = useQueryClient();
  const [asked, setAsked] = useState(false);
  // The variable is what was there before: what goes is measured by it.
  const { mutate } = useMutation({
    mutationKey: removal,
    mutationFn: (_: Left) => api.removeDemo(),
    onSettled: async () => {
      await client.invalidateQueries(ofRecords);
      // It also says whether there is a demo to be seen.
      await client.invalidateQueries({ queryKey: queries.session().queryKey });
    },
  });
  const state = useMutationState({
    filters: { mutationKey: removal },
    select: ({ state: { status, variables, data, error } }) => ({
      status,
      before: variables as Left,
      removed: (data as { removed: number } | undefined)?.removed ?? 0,
      error,
    }),
  }).at(-1);
  const busy = state?.status === 'pending';
  const demo = useQuery({ ...queries.demo(), refetchInterval: busy ? 1_000 : false });
  const left = demo.data;
  const there = !busy && left !== undefined && left.stations > 0;
  return (
    <Panel
      title={t('settings.demo')}
      lead={t('demo.lead')}
      actions={there ? <Button onClick={() => setAsked(true)}>{t('demo.remove')}</Button> : null}
    >
      <div role="status">
        {state?.status === 'success'
          ? `${t('demo.removed', { n: state.removed, stations: fmt.number(state.removed) })} ${
              state.before.running ? t('demo.again') : ''
            }`
          : null}
      </div>
      {state?.status === 'error' ? <Failure what={t('demo.removeFailed')} error={state.error} compact /> : null}
      <Loaded query={demo} failed={t('demo.failed')}>
        {({ stations, processes }) =>
          busy ? (
            <>
              <ProgressLine
                label={t('demo.removing')}
                text={t('demo.left', { n: stations, stations: fmt.number(stations) })}
                done={state.before.stations - stations}
                of={state.before.stations}
              />
              <Quiet>{t('demo.window')}</Quiet>
            </>
          ) : stations > 0 ? (
            <Stats
              label={t('settings.demo')}
              inline
              items={[
                { label: t('demo.stations'), value: fmt.number(stations), href: '/stations?label=demo' },
                { label: t('demo.processes'), value: fmt.number(processes) },
              ]}
            />
          ) : state ? null : (
            t('demo.none')
          )
        }
      </Loaded>
      {asked && there ? (
        <Confirm
          title={t('demo.removeTitle')}
          action={t('demo.removeAll')}
          onConfirm={() => {
            setAsked(false);
            mutate(left);
          }}
          onClose={() => setAsked(false)}
        >
          {t('demo.removeText', {
            n: left.stations,
            stations: fmt.number(left.stations),
            processes: fmt.number(left.processes),
          })}
        </Confirm>
      ) : null}
    </Panel>
  );
}
