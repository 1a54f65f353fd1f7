import { useQueryClient } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Updates } from '@/api/types';

/** Does something to the roll-out, and shows at once what it is like now. */
export function useUpdateChange(): (change: () => Promise<Updates>) => Promise<void> {
  const client = useQueryClient();
  return async (change) => {
    const now = await change();
    // An answer that was asked for before would bring back what was.
    await client.cancelQueries({ queryKey: queries.updates().queryKey });
    client.setQueryData(queries.updates().queryKey, now);
    await client.invalidateQueries({ queryKey: queries.updates().queryKey });
  };
}
