import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { ApiError, ConnectionError } from '@/api/client';
import { useI18n } from '@/app/i18n';
import { visible } from './hostile';
import classes from './State.module.css';
import { useSaid } from './useSaid';

/** Nothing to show: why, and what to do about it. */
export function Empty({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className={classes.state}>
      <p className={classes.title}>{title}</p>
      {children ? <div className={classes.text}>{children}</div> : null}
      {actions ? <div className={classes.actions}>{actions}</div> : null}
    </div>
  );
}

/** What an error means to the reader. */
export function useErrorText(): (error: unknown) => string {
  const { t } = useI18n();
  const { inCode } = useSaid();
  return (error) => {
    if (error instanceof ConnectionError) return t('error.connection');
    if (error instanceof ApiError) {
      const { detail, title, errors } = error.problem;
      const text = inCode(errors?.[0] ?? error.problem) ?? inCode(error.problem);
      if (text !== undefined) return text;
      if (error.status === 403) return t('error.forbidden');
      if (error.status === 404) return t('error.missing');
      return visible(errors?.[0]?.message ?? detail ?? title ?? t('error.status', { status: error.status }));
    }
    return t('error.unknown');
  };
}

/** Something failed: what, and a way to try again. */
export function Failure({
  what,
  error,
  onRetry,
  compact,
}: {
  what: string;
  error: unknown;
  onRetry?(): void;
  compact?: boolean;
}) {
  const { t } = useI18n();
  const text = useErrorText();
  return (
    <div className={compact ? classes.line : classes.state} role="alert">
      <p className={classes.failed}>
        <IconAlertTriangle size={16} aria-hidden="true" />
        {what}
      </p>
      <div className={classes.text}>{text(error)}</div>
      {onRetry ? (
        <div className={classes.actions}>
          <Button onClick={onRetry}>{t('tryAgain')}</Button>
        </div>
      ) : null}
    </div>
  );
}

/** Lines where text will be. */
export function Waiting({ lines = 4 }: { lines?: number }) {
  const { t } = useI18n();
  return (
    <div className={classes.waiting} role="status" aria-label={t('loading')}>
      {Array.from({ length: lines }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <div key={i} />
      ))}
    </div>
  );
}
