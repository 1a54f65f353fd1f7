import { ActionIcon, Menu, NativeSelect } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDots } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Role, User } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { Chip } from '@/primitives/Chip';
import { visible } from '@/primitives/hostile';
import { Quiet } from '@/primitives/Page';
import { useErrorText } from '@/primitives/State';
import { HostileText, TimeCell } from '@/primitives/Text';
import { AddDialog } from './AddDialog';
import { Roster, type RosterActions } from './Roster';
import { roles } from './roles';
import type { Shown } from './Secret';

/** Who may log in. */
export function Users() {
  const { t } = useI18n();
  const client = useQueryClient();
  const errorText = useErrorText();
  const { user: self } = useSession();
  const users = useQuery({ ...queries.users(), select: (found) => found.users });
  const reload = () => client.invalidateQueries({ queryKey: queries.users().queryKey });
  const act = useMutation({
    mutationFn: (action: () => Promise<unknown>) => action(),
    onSuccess: reload,
    onError: (error) => notifications.show({ color: 'red', message: errorText(error) }),
  });
  const oneTime = (name: string, secret: string): Shown => ({
    title: t('users.oneTime', { name: visible(name) }),
    text: t('users.oneTimeText'),
    secret,
  });
  const change = (user: User, to: Parameters<typeof api.changeUser>[1]) =>
    act.mutate(() => api.changeUser(user.id, to));

  return (
    <Roster
      title={t('settings.users')}
      lead={t('users.lead')}
      add={t('users.add')}
      head={[t('users.name'), t('users.role'), t('users.state'), t('users.lastLogin'), t('users.created')]}
      query={users}
      failed={t('users.failed')}
      cells={(user, actions) => [
        <span key="name">
          <HostileText limit={60}>{user.name}</HostileText>{' '}
          {user.id === self.id ? <Quiet>{t('users.you')}</Quiet> : null}
        </span>,
        <NativeSelect
          key="role"
          size="xs"
          aria-label={t('users.roleOf', { name: visible(user.name) })}
          value={user.role}
          disabled={user.id === self.id || act.isPending}
          onChange={(event) => change(user, { role: event.currentTarget.value as Role })}
          data={roles.map((role) => ({ value: role, label: t(`role.${role}`) }))}
        />,
        <UserState key="state" user={user} />,
        user.last_login ? <TimeCell key="login">{user.last_login}</TimeCell> : <Quiet key="login">{t('never')}</Quiet>,
        <TimeCell key="created">{user.created}</TimeCell>,
        user.id === self.id ? null : (
          <UserMenu
            key="actions"
            user={user}
            actions={actions}
            onReset={() =>
              act.mutate(async () => {
                const { one_time_password } = await api.resetPassword(user.id);
                actions.show(oneTime(user.name, one_time_password));
              })
            }
            onDisable={(disabled) => change(user, { disabled })}
          />
        ),
      ]}
      adding={(close, show) => (
        <AddDialog
          title={t('users.add')}
          nameLabel={t('users.name')}
          roles={roles}
          usual="analyst"
          onClose={close}
          onAdd={async (name, role) => {
            const added = await api.addUser(name, role);
            show(oneTime(added.user.name, added.one_time_password));
            await reload();
          }}
        />
      )}
      removing={(user) => ({
        title: t('users.removeNamed', { name: visible(user.name) }),
        text: t('users.removeText'),
        action: t('users.remove'),
      })}
      onRemove={(user) => act.mutate(() => api.deleteUser(user.id))}
    />
  );
}

function UserState({ user }: { user: User }) {
  const { t } = useI18n();
  if (user.disabled) return <Chip tone="warn">{t('users.disabled')}</Chip>;
  if (user.must_change_password) return <Chip>{t('users.waiting')}</Chip>;
  return <Chip tone="good">{t('users.active')}</Chip>;
}

interface UserMenuProps {
  user: User;
  actions: RosterActions<User>;
  onReset(): void;
  onDisable(disabled: boolean): void;
}

function UserMenu({ user, actions, onReset, onDisable }: UserMenuProps) {
  const { t } = useI18n();
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon size={24} aria-label={t('users.actions', { name: visible(user.name) })}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={onReset}>{t('users.reset')}</Menu.Item>
        <Menu.Item onClick={() => onDisable(!user.disabled)}>
          {user.disabled ? t('users.enable') : t('users.disable')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item color="var(--bad)" onClick={() => actions.remove(user)}>
          {t('users.remove')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
