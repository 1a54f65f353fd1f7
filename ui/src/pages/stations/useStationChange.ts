import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useErrorText } from '@/primitives/State';

/** Does something to a station, and reads anew whatever shows stations. */
export function useStationChange<V = void>(action: (values: V) => Promise<unknown>, onDone?: () => void) {
  const client = useQueryClient();
  const errorText = useErrorText();
  return useMutation({
    mutationFn: action,
    onSuccess: async () => {
      onDone?.();
      await client.invalidateQueries({
        predicate: ({ queryKey: [first] }) => first === 'station' || first === 'stations' || first === 'overview',
      });
    },
    onError: (error) => notifications.show({ color: 'red', message: errorText(error) }),
  });
}
