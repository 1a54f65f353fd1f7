import type { ReactNode } from 'react';
import classes from './Lineage.module.css';

export interface Kin {
  key: string;
  depth: number;
  /** Its page; absent where it is not stored. */
  href?: string;
  /** The one whose page this is. */
  current?: boolean;
  name: ReactNode;
  detail?: ReactNode;
  note?: ReactNode;
}

interface LineageProps {
  label: string;
  kin: Kin[];
}

const deepest = 24;

/** Processes by descent: each indented under the one that started it. */
export function Lineage({ label, kin }: LineageProps) {
  return (
    <ol className={classes.list} aria-label={label}>
      {kin.map((each) => (
        <li
          key={each.key}
          className={classes.kin}
          aria-current={each.current ? 'true' : undefined}
          data-unknown={!each.href && !each.current ? true : undefined}
          ref={(element) => void element?.style.setProperty('--depth', String(Math.min(each.depth, deepest)))}
        >
          {each.href && !each.current ? (
            <a className={classes.line} href={each.href}>
              <KinLine {...each} />
            </a>
          ) : (
            <div className={classes.line}>
              <KinLine {...each} />
            </div>
          )}
        </li>
      ))}
    </ol>
  );
}

function KinLine({ name, detail, note }: Kin) {
  return (
    <>
      <span className={classes.name}>{name}</span>
      <span className={classes.detail}>{detail}</span>
      {note ? <span className={classes.note}>{note}</span> : null}
    </>
  );
}
