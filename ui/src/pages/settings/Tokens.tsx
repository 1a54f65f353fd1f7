import { Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Role, Token } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Fields, FormError } from '@/primitives/Card';
import { visible } from '@/primitives/hostile';
import { Line, Panel, Quiet, SmallTable } from '@/primitives/Page';
import { Empty, Failure, useErrorText, Waiting } from '@/primitives/State';
import { HostileText, TimeCell } from '@/primitives/Text';
import { Secret, type Shown } from './Secret';
import { roles } from './Users';

const lifetimes = ['30', '90', '365', ''] as const;

export function Tokens() {
  const { t, fmt } = useI18n();
  const client = useQueryClient();
  const errorText = useErrorText();
  const tokens = useQuery(queries.tokens());
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Token>();
  const [shown, setShown] = useState<Shown>();
  const reload = () => client.invalidateQueries({ queryKey: queries.tokens().queryKey });
  const remove = useMutation({
    mutationFn: (id: number) => api.deleteToken(id),
    onSuccess: reload,
    onError: (error) => notifications.show({ color: 'red', message: errorText(error) }),
  });
  return (
    <Panel
      title={t('settings.tokens')}
      lead={t('tokens.lead')}
      flush
      actions={
        <Button leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
          {t('tokens.add')}
        </Button>
      }
    >
      {tokens.isPending ? (
        <Waiting />
      ) : tokens.error ? (
        <Failure what={t('tokens.failed')} error={tokens.error} onRetry={() => void tokens.refetch()} />
      ) : tokens.data.tokens.length === 0 ? (
        <Empty title={t('tokens.none')} />
      ) : (
        <SmallTable
          label={t('settings.tokens')}
          head={[
            t('tokens.name'),
            t('users.role'),
            t('tokens.owner'),
            t('tokens.lastUsed'),
            t('tokens.expires'),
            t('actions'),
          ]}
        >
          {tokens.data.tokens.map((token) => (
            <tr key={token.id}>
              <td>
                <HostileText limit={60}>{token.name}</HostileText>
              </td>
              <td>{t(`role.${token.role}`)}</td>
              <td>
                <HostileText limit={60}>{token.user}</HostileText>
              </td>
              <td>{token.last_used ? <TimeCell>{token.last_used}</TimeCell> : <Quiet>{t('never')}</Quiet>}</td>
              <td>{token.expires ? fmt.date(token.expires) : <Quiet>{t('never')}</Quiet>}</td>
              <td>
                <Button size="compact-sm" variant="subtle" onClick={() => setRemoving(token)}>
                  {t('tokens.revoke')}
                </Button>
              </td>
            </tr>
          ))}
        </SmallTable>
      )}
      {adding ? (
        <AddToken
          onClose={() => setAdding(false)}
          onAdded={async (name, secret) => {
            setAdding(false);
            setShown({ title: t('tokens.secret', { name: visible(name) }), text: t('tokens.secretText'), secret });
            await reload();
          }}
        />
      ) : null}
      {removing ? (
        <Modal
          opened
          onClose={() => setRemoving(undefined)}
          title={t('tokens.revokeNamed', { name: visible(removing.name) })}
          closeButtonProps={{ 'aria-label': t('close') }}
        >
          <p>{t('tokens.revokeText')}</p>
          <Line end>
            <Button onClick={() => setRemoving(undefined)} data-autofocus>
              {t('cancel')}
            </Button>
            <Button
              variant="filled"
              color="red.9"
              onClick={() => {
                remove.mutate(removing.id);
                setRemoving(undefined);
              }}
            >
              {t('tokens.revoke')}
            </Button>
          </Line>
        </Modal>
      ) : null}
      {shown ? <Secret shown={shown} onClose={() => setShown(undefined)} /> : null}
    </Panel>
  );
}

function AddToken({ onClose, onAdded }: { onClose(): void; onAdded(name: string, secret: string): void }) {
  const { t } = useI18n();
  const errorText = useErrorText();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [days, setDays] = useState<string>('90');
  const add = useMutation({
    mutationFn: () =>
      api.addToken({
        name: name.trim(),
        role,
        expires: days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : undefined,
      }),
    onSuccess: (added) => onAdded(name.trim(), added.secret),
  });
  return (
    <Modal opened onClose={onClose} title={t('tokens.add')} closeButtonProps={{ 'aria-label': t('close') }}>
      <Fields onSubmit={() => name.trim() !== '' && add.mutate()}>
        {add.error ? <FormError>{errorText(add.error)}</FormError> : null}
        <TextInput
          label={t('tokens.name')}
          description={t('tokens.nameHint')}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
          autoComplete="off"
        />
        <NativeSelect
          label={t('users.role')}
          description={t(`role.${role}.can`)}
          value={role}
          onChange={(event) => setRole(event.currentTarget.value as Role)}
          data={roles.map((each) => ({ value: each, label: t(`role.${each}`) }))}
        />
        <NativeSelect
          label={t('tokens.expires')}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
          data={lifetimes.map((each) => ({ value: each, label: each ? t('tokens.days', { days: each }) : t('never') }))}
        />
        <Line end>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" variant="filled" disabled={name.trim() === ''} loading={add.isPending}>
            {t('tokens.add')}
          </Button>
        </Line>
      </Fields>
    </Modal>
  );
}
