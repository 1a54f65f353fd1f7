import { IconPlugConnectedX } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { whenReached } from '@/api/client';
import { queries } from '@/api/queries';
import { useI18n } from '../i18n';
import classes from './Shell.module.css';

const between = 3_000;

/** Says that the server cannot be reached, tries until it can, and has what failed meanwhile read again. */
export function Connection() {
  const { t } = useI18n();
  const client = useQueryClient();
  const [lost, setLost] = useState(false);

  useEffect(() => {
    whenReached((reached) => setLost(!reached));
    const onOffline = () => setLost(true);
    window.addEventListener('offline', onOffline);
    return () => {
      whenReached(() => {});
      window.removeEventListener('offline', onOffline);
    };
  }, []);

  useEffect(() => {
    if (!lost) return;
    const ask = () => void client.refetchQueries({ queryKey: queries.session().queryKey }, { cancelRefetch: true });
    const timer = setInterval(ask, between);
    window.addEventListener('online', ask);
    return () => {
      clearInterval(timer);
      window.removeEventListener('online', ask);
      void client.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' });
    };
  }, [lost, client]);

  return (
    <div className={classes.lost} role="status">
      {lost ? (
        <>
          <IconPlugConnectedX size={16} aria-hidden="true" />
          {t('error.lost')}
        </>
      ) : null}
    </div>
  );
}
