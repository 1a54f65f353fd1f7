import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Navigate, useNavigate, useSearch } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import { safeReturn } from '@/app/search';
import { logOut } from '@/app/session';
import { LanguageSwitch } from '@/app/shell/LanguageSwitch';
import { Card } from '@/primitives/Card';
import { PasswordForm } from './PasswordForm';

/** A one-time password opens nothing but this page. */
export function PasswordPage() {
  const { t } = useI18n();
  const client = useQueryClient();
  const navigate = useNavigate();
  const search = useSearch({ from: '/password' });
  const session = useQuery(queries.session());
  if (session.isPending) return null;
  if (!session.data) return <Navigate to="/login" search={search} replace />;
  return (
    <Card
      title={t('password.choose')}
      lead={t('password.chooseLead')}
      foot={
        <>
          <LanguageSwitch />
          <Button variant="subtle" onClick={() => void logOut()}>
            {t('logOut')}
          </Button>
        </>
      }
    >
      <PasswordForm
        userName={session.data.user.name}
        onDone={async () => {
          await client.fetchQuery({ ...queries.session(), staleTime: 0 });
          await navigate({ href: safeReturn(search.return), replace: true });
        }}
      />
    </Card>
  );
}
