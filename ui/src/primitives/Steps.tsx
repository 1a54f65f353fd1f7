import type { ReactNode } from 'react';
import classes from './Steps.module.css';

/** The parts of a long form, below one another. */
export function Steps({ children }: { children: ReactNode }) {
  return <div className={classes.steps}>{children}</div>;
}

interface StepProps {
  title: string;
  /** What it decides, in a sentence or two. */
  lead?: ReactNode;
  children: ReactNode;
}

/** What a part of a form is for, and its fields beside that where there is room. */
export function Step({ title, lead, children }: StepProps) {
  return (
    <section className={classes.step} aria-label={title}>
      <header>
        <h2 className={classes.title}>{title}</h2>
        {lead ? <div className={classes.lead}>{lead}</div> : null}
      </header>
      <div className={classes.fields}>{children}</div>
    </section>
  );
}

/** Fields side by side, as wide as their shares say: the first takes what the others leave. */
export function FieldRow({ children }: { children: ReactNode }) {
  return <div className={classes.row}>{children}</div>;
}

/** Fields that are rarely needed, folded away. `note` stands behind the name while they are. */
export function Fold({
  label,
  note,
  open,
  children,
}: {
  label: string;
  note?: ReactNode;
  open?: boolean;
  children: ReactNode;
}) {
  return (
    <details className={classes.fold} open={open}>
      <summary className={classes.summary}>
        {label}
        {note ? <span className={classes.note}>{note}</span> : null}
      </summary>
      <div className={classes.fields}>{children}</div>
    </details>
  );
}
