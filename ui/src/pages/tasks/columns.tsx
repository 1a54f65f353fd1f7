import { useMemo } from 'react';
import type { Task } from '@/api/types';
import { useI18n } from '@/app/i18n';
import type { Column } from '@/primitives/DataTable/types';
import { splitPath, visible } from '@/primitives/hostile';
import { ProgressLine } from '@/primitives/ProgressLine';
import { HostileText, TimeCell } from '@/primitives/Text';
import { useSaid } from '@/primitives/useSaid';
import { isOpen, TaskState } from './TaskState';

/** The columns of a list of tasks of one station. */
export function useTaskColumns(): Column<Task>[] {
  const { t } = useI18n();
  return useMemo(
    () => [
      {
        id: 'verb',
        header: t('task.verb'),
        width: 232,
        render: (task) => (
          <>
            {t(`verb.${task.verb}`)}
            {task.image ? (
              <>
                {' '}
                <span title={visible(task.image)}>
                  <HostileText limit={60}>{splitPath(task.image).name}</HostileText>
                </span>
              </>
            ) : null}
          </>
        ),
      },
      { id: 'state', header: t('task.state'), width: 128, render: (task) => <TaskState task={task} /> },
      { id: 'created', header: t('task.created'), width: 172, render: (task) => <TimeCell>{task.created}</TimeCell> },
      {
        id: 'who',
        header: t('task.who'),
        width: 112,
        render: (task) => <HostileText limit={60}>{task.who}</HostileText>,
      },
      {
        id: 'why',
        header: t('task.why'),
        width: 200,
        wideOnly: true,
        render: (task) => (
          <span title={visible(task.why)}>
            <HostileText limit={200}>{task.why}</HostileText>
          </span>
        ),
      },
      {
        id: 'result',
        header: t('task.result'),
        width: 220,
        grow: true,
        render: (task) => <Outcome task={task} />,
      },
      {
        id: 'finished',
        header: t('task.finished'),
        width: 172,
        hidden: true,
        render: (task) => <TimeCell>{task.finished}</TimeCell>,
      },
    ],
    [t],
  );
}

/** What came of a task, or how far it is. */
function Outcome({ task }: { task: Task }) {
  if (isOpen(task) && task.verb === 'fetch_file' && task.bytes > 0) return <Progress task={task} />;
  if (task.message === '') return null;
  return <Message task={task} />;
}

/** What there is to say of a task: by the server in the reader's language, or by the station in its own words. */
export function Message({ task }: { task: Task }) {
  const { t } = useI18n();
  const { text } = useSaid();
  const message = task.told ? text(task.told) : t('task.words', { words: task.message });
  return (
    <span title={visible(message)}>
      <HostileText limit={300}>{message}</HostileText>
    </span>
  );
}

/** How much of a file has arrived. */
export function Progress({ task }: { task: Task }) {
  const { t, fmt } = useI18n();
  const { bytes, bytes_all } = task;
  if (bytes_all === undefined) return t('task.received', { bytes: fmt.bytes(bytes) });
  return (
    <ProgressLine
      label={t('task.progress')}
      text={t('health.of', { part: fmt.bytes(bytes), whole: fmt.bytes(bytes_all) })}
      done={bytes}
      of={bytes_all}
    />
  );
}
