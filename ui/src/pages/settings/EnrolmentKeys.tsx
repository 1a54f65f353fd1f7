import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPackageExport } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { EnrolmentKey } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { clientHref } from '@/app/search';
import { Chip, type Tone } from '@/primitives/Chip';
import { visible } from '@/primitives/hostile';
import { Labels } from '@/primitives/Labels/Labels';
import { Line, Quiet } from '@/primitives/Page';
import type { SignShape } from '@/primitives/Sign';
import { useErrorText } from '@/primitives/State';
import { HostileText } from '@/primitives/Text';
import { AddKey } from './AddKey';
import { Roster } from './Roster';

const looks: Record<EnrolmentKey['state'], { tone: Tone; sign: SignShape; hollow?: boolean }> = {
  usable: { tone: 'good', sign: 'disc' },
  used_up: { tone: 'plain', sign: 'disc', hollow: true },
  expired: { tone: 'plain', sign: 'diamond', hollow: true },
  revoked: { tone: 'bad', sign: 'cross' },
};

/** The keys with which agents enrol. */
export function EnrolmentKeys() {
  const { t, fmt } = useI18n();
  const client = useQueryClient();
  const errorText = useErrorText();
  const keys = useQuery({ ...queries.enrolmentKeys(), select: (found) => found.keys });
  const status = useQuery(queries.status());
  const act = useMutation({
    // One that lets nobody in any more is only forgotten.
    mutationFn: (key: EnrolmentKey) => (key.revoked ? api.deleteEnrolmentKey(key.id) : api.revokeEnrolmentKey(key.id)),
    onSuccess: () => client.invalidateQueries({ queryKey: queries.enrolmentKeys().queryKey }),
    onError: (error) => notifications.show({ color: 'red', message: errorText(error) }),
  });
  return (
    <Roster
      title={t('settings.keys')}
      lead={
        status.data && !status.data.agents
          ? t('keys.noListener')
          : status.data?.agents
            ? t('keys.leadAt', { address: visible(status.data.agents.address) })
            : t('keys.lead')
      }
      add={t('keys.add')}
      head={[
        t('keys.name'),
        t('health.state'),
        t('labels.title'),
        t('keys.uses'),
        t('tab.stations'),
        t('tokens.expires'),
      ]}
      query={keys}
      failed={t('keys.failed')}
      none={t('keys.none')}
      noneText={t('keys.noneText')}
      cells={(key, actions) => [
        <HostileText key="name" limit={60}>
          {key.name}
        </HostileText>,
        <Chip key="state" {...looks[key.state]}>
          {t(`keys.state.${key.state}`)}
        </Chip>,
        key.labels.length > 0 ? <Labels key="labels" labels={key.labels} most={4} /> : null,
        key.max_uses === undefined
          ? fmt.number(key.uses)
          : t('health.of', { part: fmt.number(key.uses), whole: fmt.number(key.max_uses) }),
        fmt.number(key.stations),
        key.expires ? fmt.dateTime(key.expires).slice(0, 16) : <Quiet key="expires">{t('never')}</Quiet>,
        <Line key="actions">
          <Button size="compact-sm" variant="subtle" onClick={() => actions.remove(key)}>
            {key.revoked ? t('keys.delete') : t('keys.revoke')}
          </Button>
          {key.state === 'usable' ? (
            <Tooltip label={t('keys.client')}>
              <ActionIcon
                size={24}
                component="a"
                href={clientHref({ key: key.id })}
                aria-label={t('keys.clientOf', { name: visible(key.name) })}
              >
                <IconPackageExport size={16} />
              </ActionIcon>
            </Tooltip>
          ) : null}
        </Line>,
      ]}
      adding={(close, show) => <AddKey onClose={close} onAdded={show} />}
      removing={(key) =>
        key.revoked
          ? {
              title: t('keys.deleteNamed', { name: visible(key.name) }),
              text: t('keys.deleteText'),
              action: t('keys.delete'),
            }
          : {
              title: t('keys.revokeNamed', { name: visible(key.name) }),
              text: t('keys.revokeText', { n: key.stations, stations: fmt.number(key.stations) }),
              action: t('keys.revoke'),
            }
      }
      onRemove={(key) => act.mutate(key)}
    />
  );
}
