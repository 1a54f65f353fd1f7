import { Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCopy, IconExternalLink, IconFilter } from '@tabler/icons-react';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { addTerm, termForAny } from '@/primitives/FilterBar/terms';
import { visible } from '@/primitives/hostile';
import { useCopy } from '@/primitives/useCopy';
import { processHref, toNdjson } from './fields';

const copied = ['image', 'sha256', 'command_line', 'user', 'station'] as const;
const filtered = ['image', 'sha256', 'command_line', 'user', 'station', 'parent_image'] as const;

/** A filter with more values would be refused, or make an address that is. */
const [mostValues, longest] = [50, 4_000];
const mostTabs = 5;

/** The different values of one member, in the order of the rows. */
function valuesOf(rows: EventRow[], member: keyof EventRow): string[] {
  return [...new Set(rows.map((row) => row[member]).filter((value) => value !== undefined && value !== ''))].map(
    String,
  );
}

/** Whether the rows are of at most so many processes; with very many rows the answer is soon known. */
function ofFew(rows: EventRow[], most: number): boolean {
  const seen = new Set<string>();
  return rows.every((row) => seen.add(row.process).size <= most);
}

interface BulkActionsProps {
  rows: EventRow[];
  q: string;
  onFilter(q: string): void;
}

/** What can be done with several events at once. */
export function BulkActions({ rows, q, onFilter }: BulkActionsProps) {
  const { t } = useI18n();
  const few = ofFew(rows, mostTabs);
  const open = () => {
    // A browser lets a click open one window; for more, people must have allowed it.
    const opened = valuesOf(rows, 'process').map((id) => window.open(processHref(id), '_blank'));
    for (const each of opened) if (each) each.opener = null;
    if (opened.some((each) => !each)) notifications.show({ color: 'red', message: t('bulk.tabsBlocked') });
  };
  return (
    <>
      <Menu position="bottom-start" width={260}>
        <Menu.Target>
          <Button size="compact-sm" leftSection={<IconCopy size={14} />}>
            {t('bulk.copy')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown aria-label={t('bulk.copy')}>
          <CopyItems rows={rows} />
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-start" width={260}>
        <Menu.Target>
          <Button size="compact-sm" leftSection={<IconFilter size={14} />}>
            {t('bulk.filter')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown aria-label={t('bulk.filter')}>
          <FilterItems rows={rows} q={q} onFilter={onFilter} />
        </Menu.Dropdown>
      </Menu>
      <Button
        size="compact-sm"
        leftSection={<IconExternalLink size={14} />}
        disabled={!few}
        title={few ? undefined : t('bulk.tabsLimit', { n: mostTabs })}
        onClick={open}
      >
        {t('bulk.tabs')}
      </Button>
    </>
  );
}

function CopyItems({ rows }: { rows: EventRow[] }) {
  const { t, fmt } = useI18n();
  const copy = useCopy();
  return (
    <>
      <Menu.Item
        onClick={() => copy(toNdjson(rows), t('copiedRows', { n: rows.length, rows: fmt.number(rows.length) }))}
      >
        {t('bulk.rows')}
      </Menu.Item>
      <Menu.Divider />
      {copied.map((member) => {
        const values = valuesOf(rows, member);
        const n = values.length;
        return n === 0 ? null : (
          <Menu.Item
            key={member}
            rightSection={fmt.number(n)}
            onClick={() => copy(values.join('\n'), t('stack.copied', { n, values: fmt.number(n) }))}
          >
            {t(`field.${member}`)}
          </Menu.Item>
        );
      })}
    </>
  );
}

function FilterItems({ rows, q, onFilter }: BulkActionsProps) {
  const { t, fmt } = useI18n();
  return filtered.map((member) => {
    const values = valuesOf(rows, member);
    const n = values.length;
    if (n === 0) return null;
    const term = n <= mostValues ? termForAny(member, values) : '';
    const fits = term !== '' && term.length <= longest;
    return (
      <Menu.Item
        key={member}
        disabled={!fits}
        title={fits ? visible(term) : t('bulk.tooMany', { n: mostValues })}
        rightSection={t('bulk.values', { n, values: fmt.number(n) })}
        onClick={() => onFilter(addTerm(q, term))}
      >
        {t(`field.${member}`)}
      </Menu.Item>
    );
  });
}
