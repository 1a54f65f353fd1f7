import type { ReactNode } from 'react';
import { Sign, type SignShape } from './Sign';
import classes from './Verdict.module.css';

export type VerdictTone = 'plain' | 'good' | 'warn' | 'bad';

const shapes: Record<VerdictTone, { shape: SignShape; hollow?: boolean }> = {
  plain: { shape: 'disc', hollow: true },
  good: { shape: 'check' },
  warn: { shape: 'diamond' },
  bad: { shape: 'cross' },
};

/** What was found out of something that was typed or chosen, in a line. */
export function Verdict({ tone, children }: { tone: VerdictTone; children: ReactNode }) {
  return (
    <span className={classes.verdict} data-tone={tone}>
      <Sign {...shapes[tone]} />
      <span>{children}</span>
    </span>
  );
}
