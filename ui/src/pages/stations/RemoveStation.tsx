import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '@/api/client';
import { ofRecords } from '@/api/queries';
import type { Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { Confirm } from '@/primitives/Confirm';
import { visible } from '@/primitives/hostile';
import { useErrorText } from '@/primitives/State';

/** Whether the person may remove a station: only an imported one can be had back. */
export function useMayRemove(): (station: Station) => boolean {
  const { user } = useSession();
  return (station) => user.role === 'administrator' && station.origin === 'imported';
}

interface RemoveStationProps {
  station: Station;
  onClose(): void;
  /** Runs before what the page shows is read anew. */
  onRemoved?(): void;
}

export function RemoveStation({ station, onClose, onRemoved }: RemoveStationProps) {
  const { t, fmt } = useI18n();
  const client = useQueryClient();
  const errorText = useErrorText();
  const remove = useMutation({
    mutationFn: () => api.deleteStation(station.id),
    onSuccess: async () => {
      notifications.show({ message: t('stations.removed', { name: visible(station.name) }) });
      onClose();
      onRemoved?.();
      await client.invalidateQueries(ofRecords);
    },
    onError: (error) => notifications.show({ color: 'red', message: errorText(error) }),
  });
  return (
    <Confirm
      title={t('stations.removeNamed', { name: visible(station.name) })}
      action={t('stations.remove')}
      busy={remove.isPending}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {t('stations.removeText', { n: station.processes ?? 0, processes: fmt.number(station.processes ?? 0) })}
    </Confirm>
  );
}
