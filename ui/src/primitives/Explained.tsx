import type { ReactNode } from 'react';
import classes from './Explained.module.css';

export interface ExplainedItem {
  key: string;
  name: string;
  /** What it means, in a sentence. */
  text: string;
  chips?: ReactNode;
  /** It is there without being in force. */
  quiet?: boolean;
}

interface ExplainedProps {
  lead?: ReactNode;
  /** Groups without items are left out. */
  groups: { title: string; items: ExplainedItem[] }[];
}

/** Terms of the trade, each with a sentence that says what it means. */
export function Explained({ lead, groups }: ExplainedProps) {
  return (
    <div className={classes.root}>
      {lead ? <p className={classes.lead}>{lead}</p> : null}
      {groups.map(({ title, items }) =>
        items.length === 0 ? null : (
          <section key={title} aria-label={title}>
            <h2 className={classes.title}>
              {title} <span className={classes.count}>{items.length}</span>
            </h2>
            <dl className={classes.list}>
              {items.map((item) => (
                <div key={item.key} className={classes.item} data-quiet={item.quiet || undefined}>
                  <dt className={classes.name}>
                    <code>{item.name}</code> {item.chips}
                  </dt>
                  <dd className={classes.text}>{item.text}</dd>
                </div>
              ))}
            </dl>
          </section>
        ),
      )}
    </div>
  );
}
