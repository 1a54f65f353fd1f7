import { visible } from '../hostile';
import { HostileText } from '../Text';
import classes from './Labels.module.css';

/** Words that people have put on a thing; with `most`, the first ones in a line. */
export function Labels({ labels, most }: { labels: readonly string[]; most?: number }) {
  const shown = most === undefined ? labels : labels.slice(0, most);
  return (
    <span className={most === undefined ? classes.all : classes.row} title={labels.map(visible).join('\n')}>
      {shown.map((label) => (
        <span key={label} className={classes.label}>
          <HostileText limit={64}>{label}</HostileText>
        </span>
      ))}
      {shown.length < labels.length ? <span className={classes.more}>+{labels.length - shown.length}</span> : null}
    </span>
  );
}
