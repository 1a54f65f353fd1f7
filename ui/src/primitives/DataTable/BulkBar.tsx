import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useI18n } from '@/app/i18n';
import classes from './DataTable.module.css';

/** What can be done with all selected rows at once. */
export function BulkBar({ count, onClear, children }: { count: number; onClear(): void; children: ReactNode }) {
  const { t, fmt } = useI18n();
  return (
    <div className={classes.bulk} role="toolbar" aria-label={t('table.bulk')}>
      <span>{t('table.picked', { n: count, rows: fmt.number(count) })}</span>
      {children}
      <ActionIcon size={24} aria-label={t('table.clear')} onClick={onClear}>
        <IconX size={14} />
      </ActionIcon>
    </div>
  );
}
