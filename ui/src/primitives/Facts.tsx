import { Fragment, type ReactNode } from 'react';
import { CopyButton } from './CopyButton';
import classes from './Facts.module.css';
import { HostileText } from './Text';
import { type Value, ValueMenuButton } from './ValueMenu';

export interface Fact {
  name: string;
  /** What is shown; a text is treated as hostile. */
  shown: ReactNode;
  /** What can be done with it. */
  value?: Value;
  code?: boolean;
  /** Has a button of its own to be copied with. */
  copied?: boolean;
  /** Takes the whole width below its name. */
  wide?: boolean;
}

export interface FactGroup {
  title: string;
  facts: (Fact | undefined | false)[];
}

interface FactsProps {
  groups: FactGroup[];
  /** Groups stand beside one another where there is room. */
  columns?: boolean;
}

/** Facts in groups, name and value side by side. Groups and facts that have nothing to say are left out. */
export function Facts({ groups, columns }: FactsProps) {
  return (
    <div className={columns ? classes.columns : classes.groups}>
      {groups.map(({ title, facts }) => {
        const known = facts.filter(
          (fact): fact is Fact => !!fact && fact.shown !== undefined && fact.shown !== null && fact.shown !== '',
        );
        if (known.length === 0) return null;
        return (
          <section key={title} className={classes.group}>
            <h2 className={classes.title}>{title}</h2>
            <dl className={classes.list}>
              {known.map((fact, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two facts may bear one name
                <Fragment key={`${fact.name} ${i}`}>
                  <dt className={fact.wide ? classes.wideName : classes.name}>{fact.name}</dt>
                  <dd className={fact.wide ? classes.wideValue : classes.value} data-code={fact.code || undefined}>
                    <span className={classes.shown}>
                      {typeof fact.shown === 'string' ? <HostileText>{fact.shown}</HostileText> : fact.shown}
                    </span>
                    {fact.copied && fact.value ? <CopyButton text={fact.value.value} name={fact.name} /> : null}
                    {fact.value ? <ValueMenuButton value={fact.value} name={fact.name} /> : null}
                  </dd>
                </Fragment>
              ))}
            </dl>
          </section>
        );
      })}
    </div>
  );
}
