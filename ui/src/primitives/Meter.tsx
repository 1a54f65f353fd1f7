import type { ReactNode } from 'react';
import { useI18n } from '@/app/i18n';
import classes from './Meter.module.css';

interface MeterProps {
  label: string;
  value: number;
  limit: number;
  /** The figures in words; they stand behind the bar. */
  children: ReactNode;
}

/** From what share on a limit is close. */
const close = 0.8;

/** How much of a limit is used. */
export function Meter({ label, value, limit, children }: MeterProps) {
  const { fmt } = useI18n();
  const share = limit > 0 ? Math.min(1, value / limit) : 0;
  return (
    <span className={classes.root}>
      <span
        className={classes.track}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        data-close={share >= close || undefined}
        ref={(element) => void element?.style.setProperty('--share', String(share))}
      />
      <span className={classes.text}>
        {children} · {fmt.percent(share)}
      </span>
    </span>
  );
}
