import { useMemo } from 'react';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Chip, Rarity } from '@/primitives/Chip';
import type { Column } from '@/primitives/DataTable/types';
import { Quiet } from '@/primitives/Page';
import { AccountCell, CodeCell, HashCell, HostileText, PathCell, TimeCell } from '@/primitives/Text';
import { exitCode, valueFor } from './fields';

/** The columns of the events table, the usual ones first. */
export function useEventColumns(): Column<EventRow>[] {
  const { t, fmt } = useI18n();
  return useMemo(() => {
    const of = (member: keyof EventRow) => (row: EventRow) => {
      const value = valueFor(row, member);
      return value?.page ? { ...value, page: { ...value.page, label: t('value.page') } } : value;
    };
    const text = (member: keyof EventRow, width: number, more: Partial<Column<EventRow>> = {}): Column<EventRow> => ({
      id: member,
      header: t(`field.${member}` as 'field.user'),
      width,
      value: of(member),
      render: (row) =>
        row[member] === undefined ? null : <HostileText limit={200}>{String(row[member])}</HostileText>,
      ...more,
    });
    const number = (member: keyof EventRow, width = 96): Column<EventRow> =>
      text(member, width, {
        hidden: true,
        align: 'end',
        render: (row) => (row[member] === undefined ? null : fmt.number(Number(row[member]))),
      });
    const size = (member: keyof EventRow, width = 96): Column<EventRow> =>
      text(member, width, {
        hidden: true,
        align: 'end',
        render: (row) => (row[member] === undefined ? null : fmt.bytes(Number(row[member]))),
      });
    const path = (member: keyof EventRow, width: number, more: Partial<Column<EventRow>> = {}): Column<EventRow> =>
      text(member, width, { render: (row) => <PathCell>{row[member] as string | undefined}</PathCell>, ...more });
    const hash = (member: keyof EventRow): Column<EventRow> =>
      text(member, 96, { hidden: true, render: (row) => <HashCell>{row[member] as string | undefined}</HashCell> });

    const columns: Column<EventRow>[] = [
      {
        id: 'time',
        header: t('field.time'),
        width: 164,
        sortable: true,
        render: (row) => <TimeCell>{row.time}</TimeCell>,
      },
      text('kind', 68, { render: (row) => t(`kind.${row.kind}`) }),
      text('station', 108),
      path('image', 240),
      text('command_line', 168, {
        grow: true,
        wideOnly: true,
        render: (row) => <CodeCell>{row.command_line}</CodeCell>,
      }),
      text('user', 132, { wideOnly: true, render: (row) => <AccountCell>{row.user}</AccountCell> }),
      text('parent_image', 108, { wideOnly: true, render: (row) => <PathCell plain>{row.parent_image}</PathCell> }),
      text('integrity', 76, {
        wideOnly: true,
        render: (row) => (row.integrity ? t(`integrity.${row.integrity}`) : null),
      }),
      text('prevalence', 84, {
        wideOnly: true,
        render: (row) => <Rarity compact prevalence={row.prevalence} runs={row.runs} />,
      }),
      {
        id: 'end',
        header: t('field.end'),
        width: 148,
        wideOnly: true,
        value: of('exit_code'),
        render: (row) => <End row={row} />,
      },
      number('pid', 72),
      path('current_directory', 200, { hidden: true }),
      text('parent_command_line', 240, {
        hidden: true,
        render: (row) => <CodeCell>{row.parent_command_line}</CodeCell>,
      }),
      number('parent_pid', 88),
      text('parent_user', 140, { hidden: true }),
      path('grandparent_image', 160, { hidden: true }),
      hash('sha256'),
      hash('sha1'),
      hash('md5'),
      hash('imphash'),
      text('signer', 180, { hidden: true }),
      text('signed', 80, {
        hidden: true,
        render: (row) => (row.signed === undefined ? null : row.signed ? t('yes') : t('no')),
      }),
      text('company', 160, { hidden: true }),
      text('product', 160, { hidden: true }),
      text('description', 200, { hidden: true }),
      text('original_file_name', 160, { hidden: true }),
      text('file_version', 120, { hidden: true }),
      size('file_size'),
      text('elevated', 80, {
        hidden: true,
        render: (row) => (row.elevated === undefined ? null : row.elevated ? t('yes') : t('no')),
      }),
      number('session', 72),
      number('runs', 80),
      size('read_bytes'),
      size('write_bytes'),
      number('write_ops'),
      number('handles'),
      number('threads'),
      size('peak_working_set', 112),
      text('origin', 88, { hidden: true, render: (row) => t(`origin.${row.origin}`) }),
      text('sensor', 88, { hidden: true }),
      text('source_file', 160, { hidden: true }),
    ];
    return columns;
  }, [t, fmt]);
}

/** How a process ended: how long it ran, and its exit code where that says something. */
function End({ row }: { row: EventRow }) {
  const { t, fmt } = useI18n();
  if (row.kind === 'running' && row.stopped === undefined) return <Quiet>{t('kind.running')}</Quiet>;
  if (row.duration_ms === undefined && row.exit_code === undefined) return null;
  return (
    <>
      {row.duration_ms === undefined ? null : fmt.duration(row.duration_ms)}{' '}
      {row.exit_code ? <Chip title={t('field.exit_code')}>{exitCode(row.exit_code)}</Chip> : null}
    </>
  );
}
