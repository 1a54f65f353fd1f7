import { Button, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, api } from '@/api/client';
import { useI18n } from '@/app/i18n';
import { Conditions, Fields, FormError } from '@/primitives/Card';
import { useErrorText } from '@/primitives/State';

export const shortest = 12;

/** Changes one's own password; says as one types what is still missing. */
export function PasswordForm({ userName, onDone }: { userName: string; onDone(): void }) {
  const { t } = useI18n();
  const errorText = useErrorText();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const change = useMutation({
    mutationFn: () => api.changePassword(current, next),
    onSuccess: () => {
      setCurrent('');
      setNext('');
      setAgain('');
      onDone();
    },
  });
  const conditions = [
    { text: t('password.long', { n: shortest }), met: [...next].length >= shortest },
    { text: t('password.other'), met: next !== '' && next !== current },
    { text: t('password.same'), met: next !== '' && next === again },
  ];
  const ready = current !== '' && conditions.every((each) => each.met);
  const { error } = change;
  const told =
    error instanceof ApiError && error.status === 401 ? t('password.wrong') : error ? errorText(error) : undefined;
  const toggle = { 'aria-label': t('login.show') };
  return (
    <Fields onSubmit={() => ready && change.mutate()}>
      {told ? <FormError>{told}</FormError> : null}
      <input type="text" name="username" autoComplete="username" value={userName} readOnly hidden />
      <PasswordInput
        label={t('password.current')}
        autoComplete="current-password"
        value={current}
        onChange={(event) => setCurrent(event.currentTarget.value)}
        visibilityToggleButtonProps={toggle}
      />
      <PasswordInput
        label={t('password.new')}
        autoComplete="new-password"
        value={next}
        onChange={(event) => setNext(event.currentTarget.value)}
        visibilityToggleButtonProps={toggle}
      />
      <PasswordInput
        label={t('password.again')}
        autoComplete="new-password"
        value={again}
        onChange={(event) => setAgain(event.currentTarget.value)}
        visibilityToggleButtonProps={toggle}
      />
      <Conditions label={t('password.conditions')} items={conditions} />
      <Button type="submit" variant="filled" disabled={!ready} loading={change.isPending}>
        {t('password.change')}
      </Button>
    </Fields>
  );
}
