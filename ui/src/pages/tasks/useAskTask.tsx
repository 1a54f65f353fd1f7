import { Anchor } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Task, TaskDraft } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { taskHref } from './taskHref';

/** Asks a station to do something, and says where to follow it. */
export function useAskTask(onDone: (task: Task) => void) {
  const { t } = useI18n();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ station, ...draft }: TaskDraft & { station: number }) => api.addTask(station, draft),
    onSuccess: async (task) => {
      notifications.show({
        message: (
          <>
            {t('task.asked')} <Anchor href={taskHref(task)}>{t('task.follow')}</Anchor>
          </>
        ),
      });
      onDone(task);
      await client.invalidateQueries({ queryKey: ['tasks'] });
    },
  });
}
