import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api } from '@/api/client';
import { follow } from '@/api/live';
import { queries } from '@/api/queries';
import { setLiveness } from '@/app/liveState';

export interface News {
  count: number;
  atLeast: boolean;
}

/** Counts what has come since a row was the newest. Nothing is shown until it is asked for. */
export function useLive(
  enabled: boolean,
  q: string | undefined,
  after: string | undefined,
  onStored: () => void,
): News {
  const client = useQueryClient();
  const [news, setNews] = useState<News & { of: string }>({ count: 0, atLeast: false, of: '' });
  const of = `${after} ${q ?? ''}`;
  useEffect(() => {
    if (!enabled || after === undefined) {
      setLiveness('idle');
      return;
    }
    const end = follow(api.liveAddress(q, after), {
      onState: (state) => {
        setLiveness(state);
        // The connection may be gone because the session is: ask.
        if (state === 'lost') void client.invalidateQueries({ queryKey: queries.session().queryKey });
      },
      onNew: (count, atLeast) => setNews({ count, atLeast, of: `${after} ${q ?? ''}` }),
      onStored,
    });
    return () => {
      end();
      setLiveness('idle');
    };
  }, [enabled, q, after, onStored, client]);
  return enabled && news.of === of ? news : { count: 0, atLeast: false };
}
