import { Button } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Lineage } from '@/primitives/Lineage';
import { Line, Quiet } from '@/primitives/Page';
import { Failure, Waiting } from '@/primitives/State';
import { family } from './kin';

/** Who started a process and what it started, to be walked. */
export function FamilyList({ row, limit, all }: { row: EventRow; limit: number; all?: boolean }) {
  const { t, fmt } = useI18n();
  const ancestors = useQuery(queries.ancestors(row.process));
  const descendants = useInfiniteQuery(queries.descendants(row.process, limit));
  if (ancestors.isPending || descendants.isPending) return <Waiting lines={3} />;
  const failed = [ancestors, descendants].find((query) => query.error);
  const below = descendants.data?.pages.flatMap((page) => page.descendants) ?? [];
  return (
    <>
      <Lineage label={t('process.family')} kin={family(row, ancestors.data?.ancestors ?? [], below, t, fmt)} />
      {failed ? (
        <Failure compact what={t('process.familyFailed')} error={failed.error} onRetry={() => void failed.refetch()} />
      ) : null}
      {descendants.hasNextPage ? (
        <Line end>
          {all ? (
            <Button
              size="compact-sm"
              loading={descendants.isFetchingNextPage}
              onClick={() => void descendants.fetchNextPage()}
            >
              {t('process.moreDescendants')}
            </Button>
          ) : (
            <Quiet>{t('process.andMore')}&nbsp;&nbsp;</Quiet>
          )}
        </Line>
      ) : null}
    </>
  );
}
