import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import type { Station, Task } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { visible } from '@/primitives/hostile';
import { Notice } from '@/primitives/Notice';
import { TaskDialog } from './TaskDialog';
import { useAskTask } from './useAskTask';

/** What a station can be asked without naming a file or a process. */
const verbs = ['list_processes', 'diagnose'] as const;

interface NewTaskProps {
  station: Station;
  onClose(): void;
  onAsked(task: Task): void;
}

/** Asks a station for its running processes, or for what its agent knows of itself. */
export function NewTask({ station, onClose, onAsked }: NewTaskProps) {
  const { t } = useI18n();
  const [verb, setVerb] = useState<(typeof verbs)[number]>('list_processes');
  const ask = useAskTask(onAsked);
  return (
    <TaskDialog
      title={t('task.newFor', { name: visible(station.name) })}
      action={t('task.ask')}
      station={station}
      busy={ask.isPending}
      error={ask.error}
      onAsk={(why) => ask.mutate({ station: station.id, verb, why })}
      onClose={onClose}
    >
      <NativeSelect
        label={t('task.verb')}
        description={t(`verb.${verb}.text`)}
        value={verb}
        onChange={(event) => setVerb(event.currentTarget.value as typeof verb)}
        data={verbs.map((each) => ({ value: each, label: t(`verb.${each}`) }))}
      />
      <Notice>{t('task.elsewhere')}</Notice>
    </TaskDialog>
  );
}
