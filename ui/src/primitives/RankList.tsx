import type { ReactNode } from 'react';
import { useI18n } from '@/app/i18n';
import classes from './RankList.module.css';

export interface Ranked {
  key: string;
  name: ReactNode;
  title?: string;
  count: number;
  href: string;
  /** Stands behind the name: a chip, a date. */
  note?: ReactNode;
}

/** Things by how many there are of each, the most first, with bars to compare them by. */
export function RankList({ items, label, code }: { items: Ranked[]; label: string; code?: boolean }) {
  const { fmt } = useI18n();
  const most = Math.max(1, ...items.map((item) => item.count));
  return (
    <ol className={classes.list} aria-label={label} data-code={code || undefined}>
      {items.map((item) => (
        <li key={item.key}>
          <a className={classes.line} href={item.href} title={item.title}>
            <span
              className={classes.bar}
              aria-hidden="true"
              ref={(element) => void element?.style.setProperty('--share', String(item.count / most))}
            />
            <span className={classes.name}>{item.name}</span>
            {item.note ? <span className={classes.note}>{item.note}</span> : null}
            <span className={classes.count}>{fmt.number(item.count)}</span>
          </a>
        </li>
      ))}
    </ol>
  );
}
