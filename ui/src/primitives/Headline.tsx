import { IconTerminal2 } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './Headline.module.css';

interface HeadlineProps {
  level: 1 | 2;
  /** What kind of thing it is; a process, where absent. */
  icon?: ReactNode;
  title: ReactNode;
  subtitle?: ReactNode;
  /** Facts in a line; absent ones are left out. */
  items: ReactNode[];
  chips?: ReactNode;
  /** Stands at the far end, where there is room. */
  aside?: ReactNode;
  children?: ReactNode;
}

/** The head of a thing's page or Drawer. */
export function Headline({ level, icon, title, subtitle, items, chips, aside, children }: HeadlineProps) {
  const Heading = level === 1 ? 'h1' : 'h2';
  const known = items.filter(Boolean);
  return (
    <header className={classes.root}>
      <div className={classes.top}>
        <span className={classes.icon} aria-hidden="true">
          {icon ?? <IconTerminal2 size={20} stroke={1.6} />}
        </span>
        <div className={classes.names}>
          <Heading className={classes.title}>{title}</Heading>
          {subtitle ? <p className={classes.subtitle}>{subtitle}</p> : null}
        </div>
        {aside ? <div className={classes.aside}>{aside}</div> : null}
      </div>
      {known.length > 0 ? (
        <ul className={classes.items}>
          {known.map((item, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the items of one headline never move
            <li key={i}>{item}</li>
          ))}
        </ul>
      ) : null}
      {chips ? <div className={classes.chips}>{chips}</div> : null}
      {children}
    </header>
  );
}

/** A titled part of a page or Drawer. */
export function Part({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.part} aria-label={title}>
      <div className={classes.partHead}>
        <h2 className={classes.partTitle}>{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}
