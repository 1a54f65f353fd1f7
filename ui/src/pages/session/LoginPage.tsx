import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Navigate, useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { ApiError, api } from '@/api/client';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import { safeReturn } from '@/app/search';
import { LanguageSwitch } from '@/app/shell/LanguageSwitch';
import { Card, Fields, FormError } from '@/primitives/Card';
import { useErrorText } from '@/primitives/State';

export function LoginPage() {
  const { t } = useI18n();
  const client = useQueryClient();
  const navigate = useNavigate();
  const errorText = useErrorText();
  const search = useSearch({ from: '/login' });
  const back = safeReturn(search.return);
  const passwordField = useRef<HTMLInputElement>(null);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const session = useQuery(queries.session());

  const logIn = useMutation({
    mutationFn: () => api.logIn(name.trim(), password),
    onSuccess: async (opened) => {
      // What the person before saw is not for this one.
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
      client.setQueryData(queries.session().queryKey, opened);
      await navigate({ href: back, replace: true });
    },
    onError: () => {
      setPassword('');
      passwordField.current?.focus();
    },
  });
  if (session.data && !logIn.isPending) return <Navigate to={back} replace />;

  const { error } = logIn;
  const told =
    error instanceof ApiError && error.status === 401 ? t('login.wrong') : error ? errorText(error) : undefined;
  return (
    <Card title={t('login.title')} lead={search.return ? t('login.again') : undefined} foot={<LanguageSwitch />}>
      <Fields
        onSubmit={() => {
          setTried(true);
          if (name.trim() !== '' && password !== '') logIn.mutate();
        }}
      >
        {told ? <FormError>{told}</FormError> : null}
        <TextInput
          label={t('login.name')}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={tried && name.trim() === '' ? t('login.nameMissing') : undefined}
        />
        <PasswordInput
          ref={passwordField}
          label={t('login.password')}
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={tried && password === '' && !told ? t('login.passwordMissing') : undefined}
          visibilityToggleButtonProps={{ 'aria-label': t('login.show') }}
        />
        <Button type="submit" variant="filled" fullWidth loading={logIn.isPending}>
          {t('login.go')}
        </Button>
      </Fields>
    </Card>
  );
}
