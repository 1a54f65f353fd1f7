import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect } from 'react';
import { ApiError } from '@/api/client';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import { Page } from '@/primitives/Page';
import { Empty, Failure, Waiting } from '@/primitives/State';
import { hrefOf } from './address';

/** What the link of a saved search leads to: the page that shows what it asks now. */
export function OpenSearchPage() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const { id } = useParams({ from: '/shell/searches/$id' });
  const saved = useQuery(queries.savedSearch(Number(id)));
  const href = saved.data && hrefOf(saved.data);
  useEffect(() => {
    if (href) void navigate({ href, replace: true });
  }, [href, navigate]);
  const missing = saved.error instanceof ApiError && saved.error.status < 500;
  return (
    <Page title={t('searches.title')}>
      {missing ? (
        <Empty title={t('searches.missing')} actions={<Anchor href="/events">{t('notFound.go')}</Anchor>}>
          {t('searches.missingText')}
        </Empty>
      ) : saved.error ? (
        <Failure what={t('searches.missing')} error={saved.error} onRetry={() => void saved.refetch()} />
      ) : (
        <Waiting />
      )}
    </Page>
  );
}
