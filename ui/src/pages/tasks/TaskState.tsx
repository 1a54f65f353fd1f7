import type { TaskState as State, Task } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Chip, type Tone } from '@/primitives/Chip';
import type { SignShape } from '@/primitives/Sign';

const looks: Record<State, { tone: Tone; sign: SignShape; hollow?: boolean }> = {
  queued: { tone: 'plain', sign: 'disc', hollow: true },
  sent: { tone: 'plain', sign: 'arrow' },
  running: { tone: 'plain', sign: 'disc' },
  done: { tone: 'good', sign: 'check' },
  failed: { tone: 'bad', sign: 'cross' },
  refused: { tone: 'bad', sign: 'square' },
  cancelled: { tone: 'plain', sign: 'square', hollow: true },
  expired: { tone: 'warn', sign: 'diamond' },
};

/** Whether a task may still come to something. */
export function isOpen({ state }: Pick<Task, 'state'>): boolean {
  return state === 'queued' || state === 'sent' || state === 'running';
}

/** How far a task has come, by shape and word. */
export function TaskState({ task }: { task: Pick<Task, 'state'> }) {
  const { t } = useI18n();
  return (
    <Chip {...looks[task.state]} title={t(`task.state.${task.state}.title`)}>
      {t(`task.state.${task.state}`)}
    </Chip>
  );
}
