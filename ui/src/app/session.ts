import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Session } from '@/api/types';

/** The session, inside the shell, where there always is one. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(queries.session());
  if (!data) throw new Error('no session inside the shell');
  return data;
}

export function useLogOut(): () => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useCallback(async () => {
    try {
      await api.logOut();
    } finally {
      // Nothing of what this person saw stays for the next.
      await navigate({ to: '/login' });
      client.clear();
      client.setQueryData(queries.session().queryKey, null);
    }
  }, [client, navigate]);
}
