import { useMutation, useMutationState, useQueryClient } from '@tanstack/react-query';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { ClientDraft, MadeClient } from '@/api/types';

/** Under this key the last client is found again by whoever left the page and comes back. */
const making = ['clients', 'make'];
/** As long as the server keeps a file to be fetched. */
const kept = 15 * 60_000;

/** Makes clients. The password is no part of what is remembered of a request. */
export function useMake(password: string, onMade: (made: MadeClient) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationKey: making,
    gcTime: kept,
    mutationFn: (draft: ClientDraft) => api.makeClient({ ...draft, password: password || undefined }),
    onSuccess: (made) => {
      // The key that came into being is known before the list of keys is read anew.
      client.setQueryData(queries.enrolmentKeys().queryKey, (old) => {
        if (!old || old.keys.some(({ id }) => id === made.key.id)) return old;
        return { ...old, keys: [made.key, ...old.keys] };
      });
      onMade(made);
    },
    // It may have failed because of the key: it is told again what that is worth.
    onSettled: () => client.invalidateQueries({ queryKey: queries.enrolmentKeys().queryKey }),
  });
}

/** The last client that was made, until the page is loaded anew. */
export function useLastMade(): MadeClient | undefined {
  return useMutationState({
    filters: { mutationKey: making, status: 'success' },
    select: ({ state }) => state.data as MadeClient,
  }).at(-1);
}

/** Lets the browser save a file of the server's. */
export function save({ download, file_name }: MadeClient): void {
  const link = document.createElement('a');
  link.href = download;
  link.download = file_name;
  link.click();
}
