import { Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Role } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Fields, FormError } from '@/primitives/Card';
import { Line } from '@/primitives/Page';
import { useErrorText } from '@/primitives/State';

interface AddDialogProps {
  title: string;
  nameLabel: string;
  nameHint?: string;
  roles: readonly Role[];
  /** The role that is chosen at first. */
  usual: Role;
  /** Further fields. */
  children?: ReactNode;
  onAdd(name: string, role: Role): Promise<void>;
  onClose(): void;
}

/** Adds somebody, or a program, that may do what a role can. */
export function AddDialog({ title, nameLabel, nameHint, roles, usual, children, onAdd, onClose }: AddDialogProps) {
  const { t } = useI18n();
  const errorText = useErrorText();
  const [typed, setTyped] = useState('');
  const [role, setRole] = useState(usual);
  const name = typed.trim();
  const add = useMutation({ mutationFn: () => onAdd(name, role) });
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
      <Fields onSubmit={() => name !== '' && add.mutate()}>
        {add.error ? <FormError>{errorText(add.error)}</FormError> : null}
        <TextInput
          label={nameLabel}
          description={nameHint}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
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
        {children}
        <Line end>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" variant="filled" disabled={name === ''} loading={add.isPending}>
            {title}
          </Button>
        </Line>
      </Fields>
    </Modal>
  );
}
