import { Button } from '@mantine/core';
import { useI18n } from '@/app/i18n';
import { More } from './Page';
import { Failure } from './State';

interface MorePagesProps {
  /** A list that comes in pages, as the query cache has it. */
  query: {
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    isFetchNextPageError: boolean;
    error: Error | null;
    fetchNextPage(): unknown;
  };
  /** What is said when the next page could not be read. */
  failed: string;
  /** Shows what has been read and is not shown yet, if there is any. */
  onReveal?: () => void;
}

/** Stands under a list that comes in pages: the way to the next one, or why it did not come. */
export function MorePages({ query, failed, onReveal }: MorePagesProps) {
  const { t } = useI18n();
  const next = () => void query.fetchNextPage();
  if (query.isFetchNextPageError) return <Failure what={failed} error={query.error} onRetry={next} compact />;
  if (!onReveal && !query.hasNextPage) return null;
  return (
    <More>
      <Button size="compact-sm" loading={query.isFetchingNextPage} onClick={onReveal ?? next}>
        {t('list.more')}
      </Button>
    </More>
  );
}
