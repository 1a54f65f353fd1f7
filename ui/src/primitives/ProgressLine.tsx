import { useI18n } from '@/app/i18n';
import classes from './ProgressLine.module.css';

interface ProgressLineProps {
  /** What goes on, in full, for those who listen. */
  label: string;
  text: string;
  done: number;
  of: number;
}

export function ProgressLine({ label, text, done, of }: ProgressLineProps) {
  const { fmt } = useI18n();
  const share = of > 0 ? Math.min(1, done / of) : 0;
  return (
    <div className={classes.line}>
      <div
        className={classes.track}
        role="progressbar"
        aria-label={label}
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
        ref={(element) => void element?.style.setProperty('--share', String(share))}
      />
      <span>
        {text} {fmt.percent(share)}
      </span>
    </div>
  );
}
