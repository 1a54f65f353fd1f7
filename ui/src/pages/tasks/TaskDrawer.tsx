import { Anchor, Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconBan, IconChecklist, IconDownload } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Task } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { binaryHref } from '@/app/search';
import { useSession } from '@/app/session';
import { Drawer } from '@/primitives/Drawer/Drawer';
import { Facts } from '@/primitives/Facts';
import { Headline, Part } from '@/primitives/Headline';
import { Failure, useErrorText, Waiting } from '@/primitives/State';
import { HostileText, RawRecord } from '@/primitives/Text';
import { processHref } from '../events/fields';
import { Message, Progress } from './columns';
import { Diagnosed, isDiagnosis } from './Diagnosed';
import { isOpen, TaskState } from './TaskState';
import { useStoredFile } from './useStoredFile';

const every = 2_000;

interface TaskDrawerProps {
  id: number;
  /** The row it was opened from: shown until the whole is there. */
  row?: Task;
  onClose(): void;
}

/** A task in full: who asked, why, how far it is and what came of it. */
export function TaskDrawer({ id, row, onClose }: TaskDrawerProps) {
  const { t, fmt } = useI18n();
  const { user } = useSession();
  const client = useQueryClient();
  const errorText = useErrorText();
  const found = useQuery({
    ...queries.task(id),
    placeholderData: row,
    refetchInterval: (query) => (query.state.data && isOpen(query.state.data) ? every : false),
  });
  const task = found.data;
  const stored = useStoredFile(task?.verb === 'fetch_file' && task.state === 'done' ? task.sha256 : undefined);
  const cancel = useMutation({
    mutationFn: () => api.cancelTask(id),
    onSettled: () => client.invalidateQueries({ queryKey: ['tasks'] }),
    onError: (error) => notifications.show({ color: 'red', message: errorText(error) }),
  });
  const time = (iso: string | undefined) => (iso === undefined ? undefined : fmt.exact(iso));
  return (
    <Drawer
      label={task ? t(`verb.${task.verb}`) : t('task.one')}
      onClose={onClose}
      actions={
        <>
          {stored ? (
            <Button
              size="compact-sm"
              component="a"
              download
              leftSection={<IconDownload size={14} />}
              href={api.fileContent(stored.sha256)}
            >
              {t('fetch.download')}
            </Button>
          ) : null}
          {task && isOpen(task) && user.role !== 'viewer' ? (
            <Button
              size="compact-sm"
              leftSection={<IconBan size={14} />}
              loading={cancel.isPending}
              onClick={() => cancel.mutate()}
            >
              {t('task.cancel')}
            </Button>
          ) : null}
        </>
      }
    >
      {task ? (
        <>
          <Headline
            level={2}
            icon={<IconChecklist size={20} stroke={1.6} />}
            title={t(`verb.${task.verb}`)}
            subtitle={task.image ? <HostileText>{task.image}</HostileText> : null}
            items={[]}
            chips={<TaskState task={task} />}
          >
            {isOpen(task) && task.verb === 'fetch_file' ? <Progress task={task} /> : null}
            {task.message ? (
              <div>
                <Message task={task} />
              </div>
            ) : null}
          </Headline>
          <Facts
            groups={[
              {
                title: t('task.request'),
                facts: [
                  { name: t('task.who'), shown: task.who },
                  { name: t('task.why'), shown: task.why },
                  {
                    name: t('field.sha256'),
                    shown: task.sha256 ? <Anchor href={binaryHref(task.sha256)}>{task.sha256}</Anchor> : null,
                    code: true,
                  },
                  {
                    name: t('process.one'),
                    shown: task.process_id ? (
                      <Anchor href={processHref(task.process_id)}>{t('process.open')}</Anchor>
                    ) : null,
                  },
                ],
              },
              {
                title: t('task.course'),
                facts: [
                  { name: t('task.created'), shown: time(task.created) },
                  { name: t('task.sent'), shown: time(task.sent) },
                  { name: t('task.finished'), shown: time(task.finished) },
                  { name: t('task.expires'), shown: isOpen(task) ? time(task.expires) : undefined },
                  {
                    name: t('task.size'),
                    shown: task.bytes_all === undefined ? undefined : fmt.bytes(task.bytes_all),
                  },
                ],
              },
            ]}
          />
          <Result task={task} />
        </>
      ) : found.error ? (
        <Failure what={t('task.oneFailed')} error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Waiting lines={10} />
      )}
    </Drawer>
  );
}

function Result({ task }: { task: Task }) {
  const { t } = useI18n();
  if (task.result === undefined || task.result === null) return null;
  if (task.verb === 'diagnose' && isDiagnosis(task.result)) return <Diagnosed diagnosis={task.result} />;
  return (
    <Part title={t('task.result')}>
      <RawRecord label={t('task.result')}>{JSON.stringify(task.result, null, 2)}</RawRecord>
    </Part>
  );
}
