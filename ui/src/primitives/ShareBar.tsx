import { useI18n } from '@/app/i18n';
import classes from './ShareBar.module.css';

export type ShareTone = 'good' | 'accent' | 'quiet' | 'warn';

export interface SharePart {
  key: string;
  label: string;
  value: number;
  tone: ShareTone;
}

/** How a whole is made up: a bar, and below it what its parts are. Parts of nothing are left out. */
export function ShareBar({ label, parts }: { label: string; parts: readonly SharePart[] }) {
  const { fmt } = useI18n();
  const all = parts.reduce((sum, { value }) => sum + value, 0);
  const there = parts.filter(({ value }) => value > 0);
  return (
    <div className={classes.root}>
      <div className={classes.track} aria-hidden="true">
        {there.map(({ key, value, tone }) => (
          <span
            key={key}
            className={classes.part}
            data-tone={tone}
            ref={(element) => void element?.style.setProperty('--share', String(value / all))}
          />
        ))}
      </div>
      <ul className={classes.legend} aria-label={label}>
        {there.map(({ key, label: name, value, tone }) => (
          <li key={key}>
            <span className={classes.swatch} data-tone={tone} aria-hidden="true" />
            {name} <span className={classes.value}>{fmt.number(value)}</span>{' '}
            <span className={classes.share}>{fmt.percent(value / all)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
