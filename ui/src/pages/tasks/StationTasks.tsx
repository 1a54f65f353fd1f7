import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useCallback, useState } from 'react';
import { queries } from '@/api/queries';
import type { Station, Task, TaskPage } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { DataTable } from '@/primitives/DataTable/DataTable';
import { Beside } from '@/primitives/Page';
import { Empty, Failure, Waiting } from '@/primitives/State';
import { usePages } from '@/primitives/usePages';
import { useTaskColumns } from './columns';
import { NewTask } from './NewTask';
import { TaskDrawer } from './TaskDrawer';
import { isOpen as isUnderWay } from './TaskState';

const rowsOf = (page: TaskPage) => page.tasks;
const keyOf = (task: Task) => String(task.id);

/** How often a task that is under way is looked at, and a list in which one may begin. */
const [soon, seldom] = [2_000, 15_000];

interface StationTasksProps {
  station: Station;
  /** The task that lies open, as the address says. */
  open: string | undefined;
  onOpen(task: string | undefined): void;
}

/** What a station was asked to do, by whom and why, and what came of it. */
export function StationTasks({ station, open, onOpen }: StationTasksProps) {
  const { t } = useI18n();
  const { user } = useSession();
  const columns = useTaskColumns();
  const [asking, setAsking] = useState(false);
  const list = queries.tasks({ station: station.id });
  const pages = usePages(
    {
      ...list,
      refetchInterval: (query: { state: { data?: { pages: TaskPage[] } } }) =>
        query.state.data?.pages.some((page) => page.tasks.some(isUnderWay)) ? soon : seldom,
    } as unknown as Parameters<typeof usePages<TaskPage, Task>>[0],
    rowsOf,
    keyOf,
  );
  const isOpen = useCallback((task: Task) => keyOf(task) === open, [open]);
  const mayAsk = user.role !== 'viewer' && station.origin === 'live' && !station.retired && !station.revoked;
  const add = mayAsk ? (
    <Button size="compact-md" leftSection={<IconPlus size={14} />} onClick={() => setAsking(true)}>
      {t('task.new')}
    </Button>
  ) : null;
  return (
    <Beside
      beside={
        open ? <TaskDrawer id={Number(open)} row={pages.rows.find(isOpen)} onClose={() => onOpen(undefined)} /> : null
      }
    >
      <DataTable
        id="station-tasks"
        label={t('task.title')}
        columns={columns}
        rows={pages.rows}
        keyOf={keyOf}
        stale={pages.stale}
        busy={pages.loading || pages.fetchingMore}
        question={String(station.id)}
        onNearEnd={pages.more}
        onOpen={(task) => onOpen(keyOf(task))}
        onClose={() => onOpen(undefined)}
        isOpen={isOpen}
        tools={add}
        footer={
          pages.error && pages.rows.length > 0 ? (
            <Failure what={t('task.failed')} error={pages.error} onRetry={pages.goOn} compact />
          ) : null
        }
        empty={
          pages.error ? (
            <Failure what={t('task.failed')} error={pages.error} onRetry={pages.goOn} />
          ) : pages.loading ? (
            <Waiting lines={8} />
          ) : station.origin === 'imported' ? (
            <Empty title={t('task.none')}>{t('task.noneImported')}</Empty>
          ) : (
            <Empty title={t('task.none')}>{t('task.noneText')}</Empty>
          )
        }
      />
      {asking ? (
        <NewTask
          station={station}
          onClose={() => setAsking(false)}
          onAsked={(task) => {
            setAsking(false);
            onOpen(keyOf(task));
          }}
        />
      ) : null}
    </Beside>
  );
}
