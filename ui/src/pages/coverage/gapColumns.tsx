import { useMemo } from 'react';
import type { Gap } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Chip } from '@/primitives/Chip';
import type { Column } from '@/primitives/DataTable/types';
import { visible } from '@/primitives/hostile';
import { Quiet } from '@/primitives/Page';
import { HostileText, TimeCell } from '@/primitives/Text';
import { isBlind } from './gaps';

/** The columns of a list of gaps of one station. */
export function useGapColumns(): Column<Gap>[] {
  const { t, fmt } = useI18n();
  return useMemo(
    () => [
      { id: 'from', header: t('gaps.from'), width: 172, render: (gap) => <TimeCell>{gap.from}</TimeCell> },
      {
        id: 'lasted',
        header: t('gaps.lasted'),
        width: 104,
        align: 'end',
        render: (gap) => fmt.duration(Date.parse(gap.to) - Date.parse(gap.from)),
      },
      {
        id: 'cause',
        header: t('gaps.cause'),
        width: 176,
        render: (gap) => (
          <Chip tone={isBlind(gap.cause) ? 'warn' : 'plain'} sign="diamond" hollow={!isBlind(gap.cause)}>
            {t(`cause.${gap.cause}`)}
          </Chip>
        ),
      },
      {
        id: 'events',
        header: t('gaps.events'),
        width: 112,
        align: 'end',
        render: (gap) => (gap.events === undefined ? <Quiet>{t('gaps.unknown')}</Quiet> : fmt.number(gap.events)),
      },
      {
        id: 'text',
        header: t('gaps.meaning'),
        width: 320,
        grow: true,
        render: (gap) => (
          <span title={visible(gap.detail)}>
            {gap.detail ? <HostileText limit={300}>{gap.detail}</HostileText> : t(`cause.${gap.cause}.text`)}
          </span>
        ),
      },
      {
        id: 'received',
        header: t('gaps.received'),
        width: 172,
        hidden: true,
        render: (gap) => <TimeCell>{gap.received}</TimeCell>,
      },
    ],
    [t, fmt],
  );
}
