import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { fileName, visible } from '@/primitives/hostile';
import { Notice } from '@/primitives/Notice';
import { CodeBlock, HostileText } from '@/primitives/Text';
import { TaskDialog } from './TaskDialog';
import { useAskTask } from './useAskTask';

/** Asks a station to end one of its processes. It names both: a slip would hit another. */
export function EndProcess({ row, onClose }: { row: EventRow; onClose(): void }) {
  const { t, fmt } = useI18n();
  const ask = useAskTask(onClose);
  const station = useQuery(queries.station(row.station_id));
  const unable = station.data?.agent?.report !== undefined && !station.data.agent.report.end_process;
  const name = fileName(row.image) || t('process.unknown');
  return (
    <TaskDialog
      title={t('end.title', { name, station: visible(row.station) })}
      action={t('end.ask')}
      reasoned
      grave
      disabled={unable || station.isPending}
      station={station.data}
      busy={ask.isPending}
      error={ask.error}
      onAsk={(why) => ask.mutate({ station: row.station_id, verb: 'end_process', why, process_id: row.process })}
      onClose={onClose}
    >
      <div>{t('end.text')}</div>
      <div>
        <strong>{name}</strong> · {t('field.pid')} {row.pid}
        {' · '}
        {fmt.dateTime(row.started ?? row.time)}
        {row.user ? (
          <>
            {' · '}
            <HostileText limit={80}>{row.user}</HostileText>
          </>
        ) : null}
      </div>
      {row.image ? <CodeBlock label={t('field.image')}>{row.image}</CodeBlock> : null}
      {unable ? <Notice>{t('end.unable')}</Notice> : null}
    </TaskDialog>
  );
}
