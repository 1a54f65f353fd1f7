import type { ReactNode } from 'react';
import classes from './Board.module.css';

/** Panels beside and below one another, as many in a row as there is room for; `lead`: the first is the widest. */
export function Board({ lead, children }: { lead?: boolean; children: ReactNode }) {
  return <div className={lead ? classes.leadBoard : classes.board}>{children}</div>;
}

/** Panels that stay below one another, as one column of a board. */
export function Stack({ children }: { children: ReactNode }) {
  return <div className={classes.stack}>{children}</div>;
}

/** Takes the whole width of a board. */
export function Across({ children }: { children: ReactNode }) {
  return <div className={classes.across}>{children}</div>;
}

/** A part of a board under a heading of its own. */
export function BoardSection({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section} aria-label={title}>
      <header className={classes.head}>
        <h2 className={classes.title}>{title}</h2>
        {lead ? <p className={classes.lead}>{lead}</p> : null}
      </header>
      {children}
    </section>
  );
}

/** The whole of a page that is made of sections. */
export function Sections({ children }: { children: ReactNode }) {
  return <div className={classes.sections}>{children}</div>;
}
