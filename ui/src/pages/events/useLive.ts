import { useState } from 'react';
import { api } from '@/api/client';
import { useFollow } from '@/app/useFollow';

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
  const [news, setNews] = useState<News & { of: string }>({ count: 0, atLeast: false, of: '' });
  const of = `${after} ${q ?? ''}`;
  useFollow(enabled && after !== undefined ? api.liveAddress(q, after) : undefined, {
    onNew: (count, atLeast) => setNews({ count, atLeast, of }),
    onStored,
  });
  return enabled && news.of === of ? news : { count: 0, atLeast: false };
}
