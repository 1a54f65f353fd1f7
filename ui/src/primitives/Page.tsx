import type { ReactNode } from 'react';
import { useEffect } from 'react';
import classes from './Page.module.css';

export const product = 'El Jefe';

/** Puts a page's name into the window's title. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · ${product}` : product;
  }, [title]);
}

interface PageProps {
  /** Of the window and, unless hidden, at the head of the page. */
  title: string;
  headless?: boolean;
  /** The page brings a heading of its own. */
  own?: boolean;
  lead?: ReactNode;
  actions?: ReactNode;
  /** The page fills the window and scrolls inside. */
  fill?: boolean;
  children: ReactNode;
}

export function Page({ title, headless, own, lead, actions, fill, children }: PageProps) {
  useTitle(title);
  return (
    <div className={fill ? classes.fill : classes.page}>
      {own ? null : headless ? (
        <h1 className={classes.unseen}>{title}</h1>
      ) : (
        <header className={classes.head}>
          <div>
            <h1 className={classes.title}>{title}</h1>
            {lead ? <p className={classes.lead}>{lead}</p> : null}
          </div>
          {actions ? <div className={classes.actions}>{actions}</div> : null}
        </header>
      )}
      {children}
    </div>
  );
}

/** Content with something open beside it. */
export function Beside({ children, beside }: { children: ReactNode; beside: ReactNode }) {
  return (
    <div className={classes.split}>
      <div className={classes.main}>{children}</div>
      {beside}
    </div>
  );
}

interface TwoColumnsProps {
  left: ReactNode;
  right: ReactNode;
  /** The left one is as wide as the right one. */
  even?: boolean;
}

/** Two columns that become one in narrow windows. */
export function TwoColumns({ left, right, even }: TwoColumnsProps) {
  return (
    <div className={classes.two} data-even={even || undefined}>
      <div className={classes.left}>{left}</div>
      <div className={classes.right}>{right}</div>
    </div>
  );
}

interface PanelProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  /** Form fields stand in a narrow column. */
  form?: boolean;
  flush?: boolean;
  /** Stands by itself in a tab that has no margins. */
  inset?: boolean;
  children: ReactNode;
}

export function Panel({ title, lead, actions, form, flush, inset, children }: PanelProps) {
  return (
    <section className={classes.panel} aria-label={title} data-inset={inset || undefined}>
      <header className={classes.panelHead}>
        <div>
          <h2 className={classes.panelTitle}>{title}</h2>
          {lead ? <p className={classes.lead}>{lead}</p> : null}
        </div>
        {actions ? <div className={classes.actions}>{actions}</div> : null}
      </header>
      <div className={flush ? classes.flush : form ? classes.form : classes.panelBody}>{children}</div>
    </section>
  );
}

/** Actions at the head of a page. */
export function Bar({ children }: { children: ReactNode }) {
  return <div className={classes.bar}>{children}</div>;
}

/** Controls in a row. */
export function Line({ children, end }: { children: ReactNode; end?: boolean }) {
  return <div className={end ? classes.lineEnd : classes.line}>{children}</div>;
}

export function Quiet({ children }: { children: ReactNode }) {
  return <span className={classes.quiet}>{children}</span>;
}

/** Stands under a list that goes on: what more there is, or the way to it. */
export function More({ children }: { children: ReactNode }) {
  return <div className={classes.more}>{children}</div>;
}

/** Stands in a panel that has nothing to list. */
export function None({ children }: { children: ReactNode }) {
  return <p className={classes.none}>{children}</p>;
}

/** Text for those who listen. */
export function Unseen({ children }: { children: ReactNode }) {
  return <span className={classes.unseen}>{children}</span>;
}

/** Rows of a few things, where a DataTable would be too much. */
export function SmallTable({
  head,
  widths,
  cut,
  label,
  children,
}: {
  head: (string | ReactNode)[];
  /** Of each column, in pixels; those without one share what is left. */
  widths?: (number | undefined)[];
  /** Cells are cut to one line; columns must have widths then. */
  cut?: boolean;
  label: string;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <div className={classes.tableBox} tabIndex={0} role="group" aria-label={label}>
      <table
        className={classes.table}
        aria-label={label}
        data-fixed={widths ? true : undefined}
        data-cut={cut || undefined}
      >
        {widths ? (
          <colgroup>
            {widths.map((width, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the columns never move
              <col key={i} width={width} />
            ))}
          </colgroup>
        ) : null}
        <thead>
          <tr>
            {head.map((cell, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the columns never move
              <th key={i} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
