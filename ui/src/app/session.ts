import { useSuspenseQuery } from '@tanstack/react-query';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Session } from '@/api/types';

/** The session, inside the shell, where there always is one. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(queries.session());
  if (!data) throw new Error('no session inside the shell');
  return data;
}

/** Ends the session. The page is loaded anew, so that nothing of what this person saw stays in memory for the next. */
export async function logOut(): Promise<void> {
  try {
    await api.logOut();
  } finally {
    location.replace('/login');
  }
}
