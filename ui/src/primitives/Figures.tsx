import classes from './Figures.module.css';

export interface Figure {
  name: string;
  /** As a person reads it. */
  shown: string;
  /** To the last digit, on hover. */
  exact?: string;
  /** How much of the most in its group it is, from 0 to 1; absent where it compares with nothing. */
  share?: number;
}

export interface FigureGroup {
  title: string;
  /** Of figures that are shares of one whole. */
  note?: string;
  figures: Figure[];
}

/** Figures in groups, with bars to compare by those of the same kind. */
export function Figures({ groups }: { groups: FigureGroup[] }) {
  return (
    <div className={classes.groups}>
      {groups.map(({ title, note, figures }) =>
        figures.length === 0 ? null : (
          <section key={title} className={classes.group} aria-label={title}>
            <h2 className={classes.title}>
              {title}
              {note ? <span className={classes.note}>{note}</span> : null}
            </h2>
            <dl className={classes.list}>
              {figures.map((figure) => (
                <div key={figure.name} className={classes.line} title={figure.exact}>
                  <dt className={classes.name}>{figure.name}</dt>
                  <dd className={classes.value}>
                    <span className={classes.shown}>{figure.shown}</span>
                    {figure.share === undefined ? null : (
                      <span
                        className={classes.bar}
                        aria-hidden="true"
                        data-nothing={figure.share === 0 || undefined}
                        ref={(element) => void element?.style.setProperty('--share', String(figure.share))}
                      />
                    )}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ),
      )}
    </div>
  );
}
