import { Button, Modal, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { Fields, FormError } from './Card';
import { Line } from './Page';
import { useErrorText } from './State';

interface OwnPasswordProps {
  description?: string;
  focused?: boolean;
  value: string;
  onChange(value: string): void;
}

/** The password of whoever is logged in, once more: somebody else may have found the browser open. */
export function OwnPassword({ description, focused, value, onChange }: OwnPasswordProps) {
  const { t } = useI18n();
  const { user } = useSession();
  return (
    <>
      <input type="text" name="username" autoComplete="username" value={user.name} readOnly hidden />
      <PasswordInput
        label={t('confirm.password')}
        description={description}
        autoComplete="current-password"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': t('login.show') }}
        data-autofocus={focused || undefined}
      />
    </>
  );
}

interface PasswordDialogProps {
  title: string;
  /** What will happen. */
  children: ReactNode;
  action: string;
  onConfirm(password: string): Promise<unknown>;
  onClose(): void;
}

/** Asks for the own password before something is done that reaches far. */
export function PasswordDialog({ title, children, action, onConfirm, onClose }: PasswordDialogProps) {
  const { t } = useI18n();
  const errorText = useErrorText();
  const [password, setPassword] = useState('');
  const confirm = useMutation({ mutationFn: () => onConfirm(password), onSuccess: onClose });
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
      <Fields onSubmit={() => password !== '' && !confirm.isPending && confirm.mutate()}>
        {confirm.error ? <FormError>{errorText(confirm.error)}</FormError> : null}
        <div>{children}</div>
        <OwnPassword focused value={password} onChange={setPassword} />
        <Line end>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" variant="filled" disabled={password === ''} loading={confirm.isPending}>
            {action}
          </Button>
        </Line>
      </Fields>
    </Modal>
  );
}
