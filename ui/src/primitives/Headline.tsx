import { IconTerminal2 } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './Headline.module.css';

interface HeadlineProps {
  level: 1 | 2;
  title: ReactNode;
  subtitle?: ReactNode;
  /** Facts in a line; absent ones are left out. */
  items: ReactNode[];
  chips?: ReactNode;
  children?: ReactNode;
}

/** The head of a thing's page or Drawer. */
export function Headline({ level, title, subtitle, items, chips, children }: HeadlineProps) {
  const Heading = level === 1 ? 'h1' : 'h2';
  const known = items.filter(Boolean);
  return (
    <header className={classes.root}>
      <div className={classes.top}>
        <span className={classes.icon} aria-hidden="true">
          <IconTerminal2 size={20} stroke={1.6} />
        </span>
        <div className={classes.names}>
          <Heading className={classes.title}>{title}</Heading>
          {subtitle ? <p className={classes.subtitle}>{subtitle}</p> : null}
        </div>
      </div>
      <ul className={classes.items}>
        {known.map((item, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the items of one headline never move
          <li key={i}>{item}</li>
        ))}
      </ul>
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
