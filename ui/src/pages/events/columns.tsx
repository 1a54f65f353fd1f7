import { useMemo } from 'react';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { binaryHref, type EventList } from '@/app/search';
import { Chip, Rarity } from '@/primitives/Chip';
import type { Column } from '@/primitives/DataTable/types';
import { Quiet } from '@/primitives/Page';
import { AccountCell, CodeCell, HashCell, HostileText, PathCell, TimeCell } from '@/primitives/Text';
import { useNow } from '@/primitives/useNow';
import { exitCode, processHref, valueFor } from './fields';

/** What stands in a list without being chosen, in its order. */
const usual: Record<EventList, string[]> = {
  events: [
    'time',
    'kind',
    'station',
    'image',
    'command_line',
    'user',
    'parent_image',
    'integrity',
    'prevalence',
    'end',
  ],
  processes: [
    'started',
    'duration_ms',
    'image',
    'command_line',
    'user',
    'station',
    'parent_image',
    'exit_code',
    'integrity',
    'prevalence',
  ],
};

/** The columns of a list of events, the usual ones first. */
export function useEventColumns(list: EventList = 'events'): Column<EventRow>[] {
  const { t, fmt } = useI18n();
  return useMemo(() => {
    const of = (member: keyof EventRow) => (row: EventRow) => {
      const value = valueFor(row, member);
      // A program is one thing and this run of it another: its value leads to both.
      if (value && member === 'image' && row.binary_id !== undefined) {
        return { ...value, also: [{ href: processHref(row.process), label: t('value.process') }] };
      }
      if (value && member === 'parent_image' && row.parent_binary_id !== undefined) {
        return { ...value, also: [{ href: binaryHref(row.parent_binary_id), label: t('value.parentBinary') }] };
      }
      return value;
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
        align: 'end',
        render: (row) => (row[member] === undefined ? null : fmt.number(Number(row[member]))),
      });
    const size = (member: keyof EventRow, width = 96): Column<EventRow> =>
      text(member, width, {
        align: 'end',
        render: (row) => (row[member] === undefined ? null : fmt.bytes(Number(row[member]))),
      });
    const path = (member: keyof EventRow, width: number, more: Partial<Column<EventRow>> = {}): Column<EventRow> =>
      text(member, width, { render: (row) => <PathCell>{row[member] as string | undefined}</PathCell>, ...more });
    const hash = (member: keyof EventRow): Column<EventRow> =>
      text(member, 104, {
        copied: true,
        render: (row) => <HashCell>{row[member] as string | undefined}</HashCell>,
      });
    const flag = (member: keyof EventRow): Column<EventRow> =>
      text(member, 80, {
        render: (row) => (row[member] === undefined ? null : row[member] ? t('yes') : t('no')),
      });

    const all: Column<EventRow>[] = [
      text('time', 148, {
        sortable: true,
        render: (row) => (
          <TimeCell mark={row.kind === 'stop' && row.inferred ? <Noticed /> : null}>{row.time}</TimeCell>
        ),
      }),
      text('kind', 68, { render: (row) => t(`kind.${row.kind}`) }),
      text('station', 104),
      path('image', 216),
      text('command_line', 140, {
        grow: true,
        wideOnly: true,
        copied: true,
        render: (row) => <CodeCell>{row.command_line}</CodeCell>,
      }),
      text('user', 136, { wideOnly: true, render: (row) => <AccountCell narrow>{row.user}</AccountCell> }),
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
      text('started', 148, {
        sortable: list === 'processes',
        render: (row) => <TimeCell>{row.started}</TimeCell>,
      }),
      text('duration_ms', 152, { header: t('processes.duration'), render: (row) => <Ran row={row} /> }),
      text('exit_code', 96, {
        wideOnly: true,
        render: (row) => (row.exit_code === undefined ? null : <ExitCode code={row.exit_code} />),
      }),
      text('stopped', 164, {
        render: (row) => <TimeCell mark={row.inferred ? <Noticed /> : null}>{row.stopped}</TimeCell>,
      }),
      number('pid', 72),
      path('current_directory', 200),
      text('parent_command_line', 240, {
        copied: true,
        render: (row) => <CodeCell>{row.parent_command_line}</CodeCell>,
      }),
      number('parent_pid', 88),
      text('parent_user', 140),
      path('grandparent_image', 160),
      number('launch_stations', 104),
      number('launch_runs', 104),
      hash('sha256'),
      hash('sha1'),
      hash('md5'),
      hash('imphash'),
      text('signer', 180),
      flag('signed'),
      text('company', 160),
      text('product', 160),
      text('description', 200),
      text('original_file_name', 160),
      text('file_version', 120),
      size('file_size'),
      text('architecture', 96),
      text('entry_entropy', 104, {
        align: 'end',
        render: (row) => (row.entry_entropy === undefined ? null : fmt.hundredths(row.entry_entropy)),
      }),
      hash('entry_sha256'),
      text('compiled', 164, { render: (row) => <TimeCell>{row.compiled}</TimeCell> }),
      flag('image_mismatch'),
      text('missing', 200),
      text('container', 120, { copied: true, render: (row) => <HashCell>{row.container}</HashCell> }),
      text('namespaces', 240),
      flag('app_container'),
      flag('inferred'),
      flag('elevated'),
      number('session', 72),
      number('runs', 80),
      size('read_bytes'),
      size('write_bytes'),
      number('write_ops'),
      number('handles'),
      number('threads'),
      size('peak_working_set', 112),
      text('origin', 88, { render: (row) => t(`origin.${row.origin}`) }),
      text('sensor', 88),
      text('source_file', 160),
    ];
    const byId = new Map(all.map((column) => [column.id, column]));
    const first = usual[list].map((id) => byId.get(id)!);
    const rest = all.filter((column) => !usual[list].includes(column.id));
    return [...first, ...rest.map((column) => ({ ...column, hidden: true }))];
  }, [list, t, fmt]);
}

/** How long a process has run, or that it still does. */
function Ran({ row }: { row: EventRow }) {
  const { t, fmt } = useI18n();
  const now = useNow();
  if (row.duration_ms !== undefined) {
    return (
      <>
        {row.inferred ? <Noticed /> : null} {fmt.duration(row.duration_ms)}
      </>
    );
  }
  if (row.stopped !== undefined) return null;
  // A log that was imported says nothing of now.
  if (row.origin === 'imported') return <Quiet>{t('processes.noEnd')}</Quiet>;
  const age = row.started ? now - Date.parse(row.started) : Number.NaN;
  return (
    <>
      <Chip tone="good">{t('processes.runs')}</Chip> {age > 0 ? fmt.duration(age) : null}
    </>
  );
}

/** Says beside the time of an end that it is not the end's own. */
function Noticed() {
  const { t } = useI18n();
  return (
    <abbr title={t('mark.inferredText')} aria-label={t('mark.inferred')}>
      <Quiet>≈</Quiet>
    </abbr>
  );
}

/** An exit code, in a frame where it is not that of success. */
function ExitCode({ code }: { code: number }) {
  const { t } = useI18n();
  return code === 0 ? '0' : <Chip title={t('field.exit_code')}>{exitCode(code)}</Chip>;
}

/** How a process ended: how long it ran, and its exit code where that says something. */
function End({ row }: { row: EventRow }) {
  const { t, fmt } = useI18n();
  if (row.kind === 'running' && row.stopped === undefined) return <Quiet>{t('kind.running')}</Quiet>;
  if (row.duration_ms === undefined && row.exit_code === undefined) return null;
  return (
    <>
      {row.inferred ? <Noticed /> : null} {row.duration_ms === undefined ? null : fmt.duration(row.duration_ms)}{' '}
      {row.exit_code ? <ExitCode code={row.exit_code} /> : null}
    </>
  );
}
