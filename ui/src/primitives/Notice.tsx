import { IconInfoCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './Notice.module.css';

/** Something worth knowing, in a line. */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <p className={classes.notice}>
      <IconInfoCircle size={14} aria-hidden="true" />
      <span>{children}</span>
    </p>
  );
}
