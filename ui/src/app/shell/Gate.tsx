import { useQuery } from '@tanstack/react-query';
import { Navigate, useRouterState } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import { Failure } from '@/primitives/State';
import { useI18n } from '../i18n';
import classes from './Shell.module.css';
import { Shell } from './Shell';

/** Lets in who is logged in and has a password of their own; sends everybody else where they get one, and back. */
export function Gate() {
  const { t } = useI18n();
  const href = useRouterState({ select: (state) => state.location.href });
  const session = useQuery(queries.session());
  if (session.isPending) return <div className={classes.center} />;
  if (session.data === undefined) {
    return (
      <div className={classes.center}>
        <Failure what={t('error.start')} error={session.error} onRetry={() => void session.refetch()} />
      </div>
    );
  }
  const back = href === '/' || href === '/events' ? undefined : href;
  if (session.data === null) return <Navigate to="/login" search={{ return: back }} replace />;
  if (session.data.user.must_change_password) return <Navigate to="/password" search={{ return: back }} replace />;
  return <Shell />;
}
