import { useQuery } from '@tanstack/react-query';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { queries } from '@/api/queries';
import { Failure } from '@/primitives/State';
import { useI18n } from '../i18n';
import { Shell } from './Shell';
import classes from './Shell.module.css';

/** Lets in who is logged in and has a password of their own; sends everybody else where they get one, and back. */
export function Gate() {
  const { t } = useI18n();
  const session = useQuery(queries.session());
  if (session.isPending) return <div className={classes.center} />;
  if (session.data === undefined) {
    return (
      <div className={classes.center}>
        <Failure what={t('error.start')} error={session.error} onRetry={() => void session.refetch()} />
      </div>
    );
  }
  if (session.data === null) return <Leave to="/login" />;
  if (session.data.user.must_change_password) return <Leave to="/password" />;
  return <Shell />;
}

/** Goes to log-in or to the choice of a password, once, with the way back in the address. */
function Leave({ to }: { to: '/login' | '/password' }) {
  const navigate = useNavigate();
  const { history } = useRouter();
  const left = useRef(false);
  useEffect(() => {
    if (left.current) return;
    left.current = true;
    const { href } = history.location;
    void navigate({ to, search: { return: href === '/' || href === '/overview' ? undefined : href }, replace: true });
  }, [navigate, history, to]);
  return null;
}
