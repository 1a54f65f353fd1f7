import { ActionIcon, Button, Menu, Modal, NativeSelect, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDots, IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Role, User } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { Fields, FormError } from '@/primitives/Card';
import { Chip } from '@/primitives/Chip';
import { visible } from '@/primitives/hostile';
import { Line, Panel, Quiet, SmallTable } from '@/primitives/Page';
import { Failure, useErrorText, Waiting } from '@/primitives/State';
import { HostileText, TimeCell } from '@/primitives/Text';
import { Secret, type Shown } from './Secret';

export const roles: Role[] = ['administrator', 'analyst', 'viewer'];

export function Users() {
  const { t } = useI18n();
  const client = useQueryClient();
  const errorText = useErrorText();
  const { user: self } = useSession();
  const users = useQuery(queries.users());
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<User>();
  const [shown, setShown] = useState<Shown>();
  const reload = () => client.invalidateQueries({ queryKey: queries.users().queryKey });
  const act = useMutation({
    mutationFn: (action: () => Promise<unknown>) => action(),
    onSuccess: reload,
    onError: (error) => notifications.show({ color: 'red', message: errorText(error) }),
  });
  const reset = async (user: User) => {
    const { one_time_password } = await api.resetPassword(user.id);
    setShown({
      title: t('users.oneTime', { name: visible(user.name) }),
      text: t('users.oneTimeText'),
      secret: one_time_password,
    });
  };

  return (
    <Panel
      title={t('settings.users')}
      lead={t('users.lead')}
      flush
      actions={
        <Button leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
          {t('users.add')}
        </Button>
      }
    >
      {users.isPending ? (
        <Waiting />
      ) : users.error ? (
        <Failure what={t('users.failed')} error={users.error} onRetry={() => void users.refetch()} />
      ) : (
        <SmallTable
          label={t('settings.users')}
          head={[
            t('users.name'),
            t('users.role'),
            t('users.state'),
            t('users.lastLogin'),
            t('users.created'),
            t('actions'),
          ]}
        >
          {users.data.users.map((user) => {
            const name = visible(user.name);
            return (
              <tr key={user.id}>
                <td>
                  <HostileText limit={60}>{user.name}</HostileText>{' '}
                  {user.id === self.id ? <Quiet>{t('users.you')}</Quiet> : null}
                </td>
                <td>
                  <NativeSelect
                    size="xs"
                    aria-label={t('users.roleOf', { name })}
                    value={user.role}
                    disabled={user.id === self.id || act.isPending}
                    onChange={(event) => {
                      const role = event.currentTarget.value as Role;
                      act.mutate(() => api.changeUser(user.id, { role }));
                    }}
                    data={roles.map((role) => ({ value: role, label: t(`role.${role}`) }))}
                  />
                </td>
                <td>
                  {user.disabled ? (
                    <Chip tone="warn">{t('users.disabled')}</Chip>
                  ) : user.must_change_password ? (
                    <Chip>{t('users.waiting')}</Chip>
                  ) : (
                    <Chip tone="good">{t('users.active')}</Chip>
                  )}
                </td>
                <td>{user.last_login ? <TimeCell>{user.last_login}</TimeCell> : <Quiet>{t('never')}</Quiet>}</td>
                <td>
                  <TimeCell>{user.created}</TimeCell>
                </td>
                <td>
                  {user.id === self.id ? null : (
                    <Menu>
                      <Menu.Target>
                        <ActionIcon size={24} aria-label={t('users.actions', { name })}>
                          <IconDots size={16} />
                        </ActionIcon>
                      </Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item onClick={() => act.mutate(() => reset(user))}>{t('users.reset')}</Menu.Item>
                        <Menu.Item
                          onClick={() => act.mutate(() => api.changeUser(user.id, { disabled: !user.disabled }))}
                        >
                          {user.disabled ? t('users.enable') : t('users.disable')}
                        </Menu.Item>
                        <Menu.Divider />
                        <Menu.Item color="var(--bad)" onClick={() => setRemoving(user)}>
                          {t('users.remove')}
                        </Menu.Item>
                      </Menu.Dropdown>
                    </Menu>
                  )}
                </td>
              </tr>
            );
          })}
        </SmallTable>
      )}
      {adding ? (
        <AddUser
          onClose={() => setAdding(false)}
          onAdded={async (name, secret) => {
            setAdding(false);
            setShown({ title: t('users.oneTime', { name: visible(name) }), text: t('users.oneTimeText'), secret });
            await reload();
          }}
        />
      ) : null}
      {removing ? (
        <Modal
          opened
          onClose={() => setRemoving(undefined)}
          title={t('users.removeNamed', { name: visible(removing.name) })}
          closeButtonProps={{ 'aria-label': t('close') }}
        >
          <p>{t('users.removeText')}</p>
          <Line end>
            <Button onClick={() => setRemoving(undefined)} data-autofocus>
              {t('cancel')}
            </Button>
            <Button
              variant="filled"
              color="red.9"
              onClick={() => {
                act.mutate(() => api.deleteUser(removing.id));
                setRemoving(undefined);
              }}
            >
              {t('users.remove')}
            </Button>
          </Line>
        </Modal>
      ) : null}
      {shown ? <Secret shown={shown} onClose={() => setShown(undefined)} /> : null}
    </Panel>
  );
}

function AddUser({ onClose, onAdded }: { onClose(): void; onAdded(name: string, password: string): void }) {
  const { t } = useI18n();
  const errorText = useErrorText();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('analyst');
  const add = useMutation({
    mutationFn: () => api.addUser(name.trim(), role),
    onSuccess: (added) => onAdded(added.user.name, added.one_time_password),
  });
  return (
    <Modal opened onClose={onClose} title={t('users.add')} closeButtonProps={{ 'aria-label': t('close') }}>
      <Fields onSubmit={() => name.trim() !== '' && add.mutate()}>
        {add.error ? <FormError>{errorText(add.error)}</FormError> : null}
        <TextInput
          label={t('users.name')}
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
        <Line end>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" variant="filled" disabled={name.trim() === ''} loading={add.isPending}>
            {t('users.add')}
          </Button>
        </Line>
      </Fields>
    </Modal>
  );
}
