import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Figures } from '@/primitives/Figures';
import { Empty } from '@/primitives/State';
import { figureGroups } from './statistics';

/** What the process used of the machine. */
export function StatisticsTab({ row }: { row: EventRow }) {
  const { t, fmt } = useI18n();
  const groups = figureGroups(row, t, fmt).filter(({ figures }) => figures.length > 0);
  if (groups.length > 0) return <Figures groups={groups} />;
  return (
    <Empty title={t('statistics.none')}>
      {row.stopped === undefined ? t('statistics.running') : t('statistics.notTold')}
    </Empty>
  );
}
