import type { EventRow, Statistics } from '@/api/types';
import type { Translate } from '@/app/i18n';
import type { Format } from '@/app/i18n/format';
import type { Figure, FigureGroup } from '@/primitives/Figures';

type Member = keyof Statistics;

/** What a process used, in groups of figures of one kind; groups of which nothing is known are empty. */
export function figureGroups(row: EventRow, t: Translate, fmt: Format): FigureGroup[] {
  const figures = (shown: (value: number) => string, members: Member[], whole?: number): Figure[] => {
    const most = whole ?? Math.max(1, ...members.map((member) => row[member] ?? 0));
    return members.flatMap((member) => {
      const value = row[member];
      if (value === undefined) return [];
      return {
        name: t(`field.${member}`),
        shown: shown(value),
        exact: `${t(`field.${member}`)}: ${fmt.number(value)}`,
        share: Number.isNaN(most) ? undefined : Math.min(1, value / most),
      };
    });
  };
  const alone = (shown: (value: number) => string, members: Member[]) => figures(shown, members, Number.NaN);
  const span = (us: number) => fmt.duration(us / 1000);
  const busy = (row.user_time_us ?? 0) + (row.kernel_time_us ?? 0);
  const ran = (row.duration_ms ?? 0) * 1000;
  return [
    {
      title: t('statistics.processor'),
      // More than one processor at a time can make this more than the whole.
      note: busy > 0 && ran > 0 ? t('statistics.busy', { share: fmt.percent(busy / ran) }) : undefined,
      figures: [
        ...figures(span, ['user_time_us', 'kernel_time_us'], Math.max(1, busy)),
        ...alone(fmt.number, ['cpu_cycles', 'threads']),
      ],
    },
    {
      title: t('statistics.memory'),
      figures: [
        ...figures(fmt.bytes, ['peak_working_set', 'commit_charge', 'commit_peak', 'peak_pagefile']),
        // It is address space, not memory, and would make all else look like nothing.
        ...alone(fmt.bytes, ['peak_virtual_size']),
        ...figures(fmt.bytes, ['peak_paged_pool', 'peak_nonpaged_pool']),
        ...figures(fmt.number, ['page_faults', 'hard_faults']),
      ],
    },
    { title: t('statistics.bytes'), figures: figures(fmt.bytes, ['read_bytes', 'write_bytes', 'other_bytes']) },
    { title: t('statistics.operations'), figures: figures(fmt.number, ['read_ops', 'write_ops', 'other_ops']) },
    { title: t('statistics.handles'), figures: alone(fmt.number, ['handles']) },
  ];
}
