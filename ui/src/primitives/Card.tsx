import type { ReactNode } from 'react';
import classes from './Card.module.css';
import { Mark } from './Mark';
import { product, useTitle } from './Page';

/** A page with one form, before the shell. */
export function Card({
  title,
  lead,
  children,
  foot,
}: {
  title: string;
  lead?: ReactNode;
  children: ReactNode;
  foot?: ReactNode;
}) {
  useTitle(title);
  return (
    <div className={classes.page}>
      <main className={classes.card}>
        <div className={classes.brand}>
          <Mark size={32} />
          <span>{product}</span>
        </div>
        <h1 className={classes.title}>{title}</h1>
        {lead ? <p className={classes.lead}>{lead}</p> : null}
        <div className={classes.body}>{children}</div>
      </main>
      {foot ? <footer className={classes.foot}>{foot}</footer> : null}
    </div>
  );
}

/** What failed in a form. */
export function FormError({ children }: { children: ReactNode }) {
  return (
    <p className={classes.error} role="alert">
      {children}
    </p>
  );
}

/** Fields of a form, one below the other. */
export function Fields({ children, onSubmit }: { children: ReactNode; onSubmit(): void }) {
  return (
    <form
      className={classes.fields}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}

/** Conditions, each with a sign that it is met or not yet. */
export function Conditions({ label, items }: { label: string; items: { text: string; met: boolean }[] }) {
  return (
    <ul className={classes.conditions} aria-label={label}>
      {items.map(({ text, met }) => (
        <li key={text} data-met={met || undefined}>
          <span aria-hidden="true">{met ? '✓' : '○'}</span> {text}
        </li>
      ))}
    </ul>
  );
}
