import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { follow, type LiveHandlers } from '@/api/live';
import { queries } from '@/api/queries';
import { useLatest } from '@/primitives/useLatest';
import { setLiveness } from './liveState';

/** Follows a stream of news, where there is one to follow, and lets the page know how the connection does. */
export function useFollow(address: string | undefined, on: Partial<Omit<LiveHandlers, 'onState'>>): void {
  const client = useQueryClient();
  const onNew = useLatest((count: number, atLeast: boolean) => on.onNew?.(count, atLeast));
  const onStored = useLatest(() => on.onStored?.());
  const onDevices = useLatest(() => on.onDevices?.());
  const onStations = useLatest(() => on.onStations?.());
  useEffect(() => {
    if (address === undefined) {
      setLiveness('idle');
      return;
    }
    const end = follow(address, {
      onState: (state) => {
        setLiveness(state);
        // The connection may be gone because the session is: ask.
        if (state === 'lost') void client.invalidateQueries({ queryKey: queries.session().queryKey });
      },
      onNew,
      onStored,
      onDevices,
      onStations,
    });
    return () => {
      end();
      setLiveness('idle');
    };
  }, [address, onNew, onStored, onDevices, onStations, client]);
}
