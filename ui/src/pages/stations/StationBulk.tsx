import { Button, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconArchive, IconTag } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import type { Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { Fields } from '@/primitives/Card';
import { Confirm } from '@/primitives/Confirm';
import { LabelField } from '@/primitives/Labels/LabelField';
import { withLabels } from '@/primitives/Labels/labels';
import { Line, Quiet } from '@/primitives/Page';
import { useErrorText } from '@/primitives/State';
import { useKnownLabels } from './LabelEditor';

/** Labels or retires the stations that are picked, those with an agent. */
export function StationBulk({ stations }: { stations: Station[] }) {
  const { t, fmt } = useI18n();
  const { user } = useSession();
  const [asked, setAsked] = useState<'label' | 'retire'>();
  const live = stations.filter((station) => station.origin === 'live');
  const kept = live.filter((station) => !station.retired);
  const close = () => setAsked(undefined);
  const change = useEach(close);
  if (user.role === 'viewer') return null;
  if (live.length === 0) return <Quiet>{t('stations.bulkNone')}</Quiet>;
  const counted = { n: kept.length, stations: fmt.number(kept.length) };
  return (
    <>
      <Button size="compact-sm" leftSection={<IconTag size={14} />} onClick={() => setAsked('label')}>
        {t('labels.bulk')}
      </Button>
      {user.role === 'administrator' && kept.length > 0 ? (
        <Button size="compact-sm" leftSection={<IconArchive size={14} />} onClick={() => setAsked('retire')}>
          {t('stations.retireBulk', counted)}
        </Button>
      ) : null}
      {asked === 'label' ? (
        <AddLabels
          count={live.length}
          busy={change.isPending}
          onClose={close}
          onAdd={(labels) =>
            change.mutate({
              stations: live,
              action: (each) => api.changeStation(each.id, { labels: withLabels(each.labels, labels) }),
            })
          }
        />
      ) : null}
      {asked === 'retire' ? (
        <Confirm
          title={t('stations.retireBulk', counted)}
          action={t('station.retire')}
          busy={change.isPending}
          onClose={close}
          onConfirm={() => change.mutate({ stations: kept, action: (each) => api.retireStation(each.id) })}
        >
          {t('station.retireText')}
        </Confirm>
      ) : null}
    </>
  );
}

interface Each {
  stations: Station[];
  action(station: Station): Promise<unknown>;
}

/** Changes stations one after the other, and says of how many that failed. */
function useEach(onDone: () => void) {
  const { t, fmt } = useI18n();
  const client = useQueryClient();
  const errorText = useErrorText();
  return useMutation({
    mutationFn: async ({ stations, action }: Each) => {
      const failures: unknown[] = [];
      for (const station of stations) await action(station).catch((error: unknown) => failures.push(error));
      return { failures, done: stations.length - failures.length };
    },
    onSuccess: async ({ failures, done }) => {
      onDone();
      if (done > 0) notifications.show({ message: t('stations.bulkDone', { n: done, stations: fmt.number(done) }) });
      if (failures.length > 0) {
        const counted = { n: failures.length, stations: fmt.number(failures.length) };
        notifications.show({
          color: 'red',
          message: t('stations.bulkFailed', { ...counted, why: errorText(failures[0]) }),
        });
      }
      await client.invalidateQueries({
        predicate: ({ queryKey: [first] }) => first === 'station' || first === 'stations' || first === 'overview',
      });
    },
  });
}

interface AddLabelsProps {
  count: number;
  busy: boolean;
  onAdd(labels: string[]): void;
  onClose(): void;
}

function AddLabels({ count, busy, onAdd, onClose }: AddLabelsProps) {
  const { t, fmt } = useI18n();
  const [labels, setLabels] = useState<string[]>([]);
  const known = useKnownLabels(true);
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('labels.bulkTitle', { n: count, stations: fmt.number(count) })}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <Fields onSubmit={() => labels.length > 0 && onAdd(labels)}>
        <LabelField
          label={t('labels.title')}
          description={t('labels.bulkText')}
          labels={labels}
          known={known}
          onChange={setLabels}
        />
        <Line end>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" variant="filled" disabled={labels.length === 0} loading={busy}>
            {t('labels.bulk')}
          </Button>
        </Line>
      </Fields>
    </Modal>
  );
}
