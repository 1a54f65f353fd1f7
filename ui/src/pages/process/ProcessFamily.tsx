import { useQuery } from '@tanstack/react-query';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Lineage } from '@/primitives/Lineage';
import { Line, Quiet } from '@/primitives/Page';
import { Failure, Waiting } from '@/primitives/State';
import { family } from './kin';

const firstChildren = 6;

/** Who started a process, and the first it started: the tree in short. */
export function ProcessFamily({ row }: { row: EventRow }) {
  const { t, fmt } = useI18n();
  const ancestors = useQuery(queries.ancestors(row.process));
  const children = useQuery({
    queryKey: ['process', row.process, 'first'],
    queryFn: ({ signal }) => api.tree(row.process, { limit: firstChildren, depth: 1 }, signal),
  });
  if (ancestors.isPending || children.isPending) return <Waiting lines={3} />;
  const failed = [ancestors, children].find((query) => query.error);
  const nodes = children.data?.nodes ?? [];
  const more = (row.children ?? nodes.length) - nodes.length;
  return (
    <>
      <Lineage label={t('process.family')} kin={family(row, ancestors.data?.ancestors ?? [], nodes, t, fmt)} />
      {failed ? (
        <Failure compact what={t('process.familyFailed')} error={failed.error} onRetry={() => void failed.refetch()} />
      ) : null}
      {more > 0 ? (
        <Line end>
          <Quiet>{t('process.andMore', { n: more, more: fmt.number(more) })}&nbsp;&nbsp;</Quiet>
        </Line>
      ) : null}
    </>
  );
}
