import { Button, NativeSelect } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { visible } from '@/primitives/hostile';
import { Quiet } from '@/primitives/Page';
import { useErrorText } from '@/primitives/State';
import { HostileText, TimeCell } from '@/primitives/Text';
import { AddDialog } from './AddDialog';
import { Roster } from './Roster';
import { rolesUpTo } from './roles';
import type { Shown } from './Secret';

/** The tokens of the person logged in; an administrator sees everybody's. */
export function Tokens() {
  const { t, fmt } = useI18n();
  const client = useQueryClient();
  const errorText = useErrorText();
  const { user } = useSession();
  const all = user.role === 'administrator';
  const tokens = useQuery({ ...queries.tokens(), select: (found) => found.tokens });
  const remove = useMutation({
    mutationFn: (id: number) => api.deleteToken(id),
    onSuccess: () => client.invalidateQueries({ queryKey: queries.tokens().queryKey }),
    onError: (error) => notifications.show({ color: 'red', message: errorText(error) }),
  });
  return (
    <Roster
      title={all ? t('settings.tokens') : t('settings.ownTokens')}
      lead={all ? t('tokens.lead') : t('tokens.ownLead')}
      add={t('tokens.add')}
      head={[
        t('tokens.name'),
        t('users.role'),
        ...(all ? [t('tokens.owner')] : []),
        t('tokens.lastUsed'),
        t('tokens.expires'),
      ]}
      query={tokens}
      failed={t('tokens.failed')}
      none={t('tokens.none')}
      cells={(token, actions) => [
        <HostileText key="name" limit={60}>
          {token.name}
        </HostileText>,
        t(`role.${token.role}`),
        ...(all
          ? [
              <HostileText key="owner" limit={60}>
                {token.user}
              </HostileText>,
            ]
          : []),
        token.last_used ? <TimeCell key="used">{token.last_used}</TimeCell> : <Quiet key="used">{t('never')}</Quiet>,
        token.expires ? fmt.date(token.expires) : <Quiet key="expires">{t('never')}</Quiet>,
        <Button key="actions" size="compact-sm" variant="subtle" onClick={() => actions.remove(token)}>
          {t('tokens.revoke')}
        </Button>,
      ]}
      adding={(close, show) => <AddToken onClose={close} onAdded={show} />}
      removing={(token) => ({
        title: t('tokens.revokeNamed', { name: visible(token.name) }),
        text: t('tokens.revokeText'),
        action: t('tokens.revoke'),
      })}
      onRemove={(token) => remove.mutate(token.id)}
    />
  );
}

const lifetimes = ['30', '90', '365', ''] as const;
const day = 86_400_000;

function AddToken({ onClose, onAdded }: { onClose(): void; onAdded(secret: Shown): void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const { user } = useSession();
  const [days, setDays] = useState<string>('90');
  return (
    <AddDialog
      title={t('tokens.add')}
      nameLabel={t('tokens.name')}
      nameHint={t('tokens.nameHint')}
      roles={rolesUpTo(user.role)}
      usual="viewer"
      onClose={onClose}
      onAdd={async (name, role) => {
        const expires = days ? new Date(Date.now() + Number(days) * day).toISOString() : undefined;
        const { secret } = await api.addToken({ name, role, expires });
        onAdded({ title: t('tokens.secret', { name: visible(name) }), text: t('tokens.secretText'), secret });
        await client.invalidateQueries({ queryKey: queries.tokens().queryKey });
      }}
    >
      <NativeSelect
        label={t('tokens.expires')}
        value={days}
        onChange={(event) => setDays(event.currentTarget.value)}
        data={lifetimes.map((each) => ({ value: each, label: each ? t('tokens.days', { days: each }) : t('never') }))}
      />
    </AddDialog>
  );
}
