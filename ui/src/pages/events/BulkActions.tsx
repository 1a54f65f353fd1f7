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

interface BulkActionsProps {
  rows: EventRow[];
  q: string;
  onFilter(q: string): void;
}

/** What can be done with several events at once. */
export function BulkActions({ rows, q, onFilter }: BulkActionsProps) {
  const { t, fmt } = useI18n();
  const copy = useCopy();
  const counted = (n: number) => t('bulk.values', { n, values: fmt.number(n) });
  const open = () => {
    const processes = valuesOf(rows, 'process').slice(0, mostTabs);
    // A browser lets a click open one window; for more, people must have allowed it.
    const opened = processes.map((id) => window.open(processHref(id), '_blank'));
    for (const each of opened) if (each) each.opener = null;
    if (opened.some((each) => !each)) notifications.show({ color: 'red', message: t('bulk.tabsBlocked') });
  };
  const few = valuesOf(rows, 'process').length <= mostTabs;
  return (
    <>
      <Menu position="bottom-start" width={260}>
        <Menu.Target>
          <Button size="compact-sm" leftSection={<IconCopy size={14} />}>
            {t('bulk.copy')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown aria-label={t('bulk.copy')}>
          <Menu.Item
            onClick={() => copy(toNdjson(rows), t('copiedRows', { n: rows.length, rows: fmt.number(rows.length) }))}
          >
            {t('bulk.rows')}
          </Menu.Item>
          <Menu.Divider />
          {copied.map((member) => {
            const values = valuesOf(rows, member);
            return values.length === 0 ? null : (
              <Menu.Item
                key={member}
                rightSection={fmt.number(values.length)}
                onClick={() =>
                  copy(values.join('\n'), t('stack.copied', { n: values.length, values: fmt.number(values.length) }))
                }
              >
                {t(`field.${member}`)}
              </Menu.Item>
            );
          })}
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-start" width={260}>
        <Menu.Target>
          <Button size="compact-sm" leftSection={<IconFilter size={14} />}>
            {t('bulk.filter')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown aria-label={t('bulk.filter')}>
          {filtered.map((member) => {
            const values = valuesOf(rows, member);
            if (values.length === 0) return null;
            const term = termForAny(member, values);
            const fits = values.length <= mostValues && term.length <= longest;
            return (
              <Menu.Item
                key={member}
                disabled={!fits}
                title={fits ? visible(term) : t('bulk.tooMany', { n: mostValues })}
                rightSection={counted(values.length)}
                onClick={() => onFilter(addTerm(q, term))}
              >
                {t(`field.${member}`)}
              </Menu.Item>
            );
          })}
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
