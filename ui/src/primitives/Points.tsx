import { Fragment, type ReactNode } from 'react';
import classes from './Points.module.css';

export interface Point {
  name: string;
  shown: ReactNode;
  /** More of it, in a quieter line. */
  note?: ReactNode;
}

/** A few things told in short, name above or beside value; those that have nothing to say are left out. */
export function Points({ items }: { items: (Point | undefined)[] }) {
  const known = items.filter((item): item is Point => item !== undefined && item.shown !== null && item.shown !== '');
  return (
    <dl className={classes.points}>
      {known.map(({ name, shown, note }) => (
        <Fragment key={name}>
          <dt className={classes.name}>{name}</dt>
          <dd className={classes.value}>
            <div>{shown}</div>
            {note ? <div className={classes.note}>{note}</div> : null}
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}
