import { ActionIcon, Button, Popover, Tooltip } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconColumns3 } from '@tabler/icons-react';
import { useI18n } from '@/app/i18n';
import classes from './DataTable.module.css';
import type { Column } from './types';

interface ColumnChooserProps<Row> {
  columns: Column<Row>[];
  order: string[];
  shown: Record<string, boolean>;
  onShow(id: string, shown: boolean): void;
  onOrder(order: string[]): void;
  onReset(): void;
}

export function ColumnChooser<Row>({ columns, order, shown, onShow, onOrder, onReset }: ColumnChooserProps<Row>) {
  const { t } = useI18n();
  const byId = new Map(columns.map((column) => [column.id, column]));
  const swap = (at: number, by: number) => {
    const next = [...order];
    const [moved] = next.splice(at, 1);
    next.splice(at + by, 0, moved!);
    onOrder(next);
  };
  return (
    <Popover width={300} position="bottom-end" trapFocus>
      <Popover.Target>
        <Tooltip label={t('table.columns')}>
          <ActionIcon variant="default" size={28} aria-label={t('table.columns')}>
            <IconColumns3 size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={4} aria-label={t('table.columns')}>
        <ul className={classes.chooser}>
          {order.map((id, i) => {
            const column = byId.get(id);
            if (!column) return null;
            return (
              <li key={id}>
                <label>
                  <input
                    type="checkbox"
                    checked={shown[id] ?? false}
                    onChange={(e) => onShow(id, e.currentTarget.checked)}
                  />
                  {column.header}
                </label>
                <ActionIcon
                  size={22}
                  disabled={i === 0}
                  aria-label={t('table.up', { column: column.header })}
                  onClick={() => swap(i, -1)}
                >
                  <IconChevronUp size={14} />
                </ActionIcon>
                <ActionIcon
                  size={22}
                  disabled={i === order.length - 1}
                  aria-label={t('table.down', { column: column.header })}
                  onClick={() => swap(i, 1)}
                >
                  <IconChevronDown size={14} />
                </ActionIcon>
              </li>
            );
          })}
        </ul>
        <Button fullWidth variant="subtle" onClick={onReset}>
          {t('table.reset')}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
