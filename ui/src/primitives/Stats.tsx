import type { ReactNode } from 'react';
import classes from './Stats.module.css';

export interface Stat {
  label: string;
  value: ReactNode;
  /** What the figure counts, in a few words. */
  note?: ReactNode;
  /** The list that the figure is the length of. */
  href?: string;
  /** Calls for a look; the figure says why. */
  calls?: boolean;
  title?: string;
}

/** Figures in a row; each leads to what it counts. */
export function Stats({ items, label, inline }: { items: Stat[]; label: string; inline?: boolean }) {
  return (
    <ul className={inline ? classes.inline : classes.tiles} aria-label={label}>
      {items.map((item) => (
        <li key={item.label} className={classes.item} data-calls={item.calls || undefined} title={item.title}>
          {item.href ? (
            <a className={classes.body} href={item.href}>
              <StatBody {...item} />
            </a>
          ) : (
            <div className={classes.body}>
              <StatBody {...item} />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

function StatBody({ label, value, note, calls }: Stat) {
  return (
    <>
      <span className={classes.label}>
        {calls ? (
          <svg className={classes.sign} viewBox="0 0 8 8" aria-hidden="true">
            <path d="M4 .5 7.5 4 4 7.5.5 4Z" />
          </svg>
        ) : null}
        {label}
      </span>
      <span className={classes.value}>{value}</span>
      {note ? <span className={classes.note}>{note}</span> : null}
    </>
  );
}
