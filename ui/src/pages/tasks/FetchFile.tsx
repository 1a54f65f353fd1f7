import { Anchor, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { StationName } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { visible } from '@/primitives/hostile';
import { Notice } from '@/primitives/Notice';
import { HostileText } from '@/primitives/Text';
import { TaskDialog } from './TaskDialog';
import { useAskTask } from './useAskTask';
import { useStoredFile } from './useStoredFile';

interface FetchFileProps {
  /** Of the file, as people call it. */
  name: string;
  sha256: string;
  /** Where it ran, live; the first is asked unless another is chosen. */
  stations: StationName[];
  onClose(): void;
}

/** Asks a station for the content of a file that has run there. */
export function FetchFile({ name, sha256, stations, onClose }: FetchFileProps) {
  const { t, fmt } = useI18n();
  const ask = useAskTask(onClose);
  const [chosen, setChosen] = useState(stations[0]?.id);
  const station = useQuery({ ...queries.station(chosen ?? 0), enabled: chosen !== undefined });
  const stored = useStoredFile(sha256);
  return (
    <TaskDialog
      title={t('fetch.title', { name: visible(name) })}
      action={t('fetch.ask')}
      reasoned
      station={station.data}
      disabled={chosen === undefined}
      busy={ask.isPending}
      error={ask.error}
      onAsk={(why) => chosen !== undefined && ask.mutate({ station: chosen, verb: 'fetch_file', why, sha256 })}
      onClose={onClose}
    >
      <div>{t('verb.fetch_file.text')}</div>
      {stored ? (
        <Notice>
          {t('fetch.stored', { time: fmt.dateTime(stored.received).slice(0, 16), bytes: fmt.bytes(stored.bytes) })}{' '}
          <Anchor href={api.fileContent(sha256)} download>
            {t('fetch.download')}
          </Anchor>
        </Notice>
      ) : null}
      {stations.length > 1 ? (
        <NativeSelect
          label={t('fetch.from')}
          value={String(chosen)}
          onChange={(event) => setChosen(Number(event.currentTarget.value))}
          data={stations.map((each) => ({ value: String(each.id), label: visible(each.name) }))}
        />
      ) : stations[0] ? (
        <div>
          {t('fetch.from')}: <HostileText limit={80}>{stations[0].name}</HostileText>
        </div>
      ) : (
        <Notice>{t('fetch.nowhere')}</Notice>
      )}
    </TaskDialog>
  );
}
