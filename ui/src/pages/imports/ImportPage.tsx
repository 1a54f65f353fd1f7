import { ActionIcon, Anchor, Button, Tooltip } from '@mantine/core';
import { IconRefresh, IconX } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ApiError } from '@/api/client';
import { ofRecords, queries } from '@/api/queries';
import type { Import } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { stationHref } from '@/app/search';
import { Chip, type Tone } from '@/primitives/Chip';
import { DropZone } from '@/primitives/DropZone';
import { visible } from '@/primitives/hostile';
import { Line, Page, Panel, Quiet, SmallTable } from '@/primitives/Page';
import { ProgressLine } from '@/primitives/ProgressLine';
import { Failure, useErrorText, Waiting } from '@/primitives/State';
import { HostileText, TimeCell } from '@/primitives/Text';
import { useSaid } from '@/primitives/useSaid';
import { droppedFiles } from './dropped';
import { type Upload, uploads, useUploads } from './uploads';

export function ImportPage() {
  const { t, fmt } = useI18n();
  const client = useQueryClient();
  const list = useUploads();
  const imports = useQuery({
    ...queries.imports(),
    refetchInterval: (query) =>
      query.state.data?.imports.some((each) => each.state === 'running' || each.state === 'receiving') ? 2_000 : false,
  });
  const limit = imports.data?.limit_bytes;
  useEffect(() => {
    uploads.whenFinished(() => void client.invalidateQueries(ofRecords));
  }, [client]);
  const add = (files: File[]) =>
    uploads.add(
      files.filter((file) => file.size > 0 || files.length === 1),
      limit,
    );
  const underway = new Set(list.map((each) => each.import?.id));
  const past = imports.data?.imports.filter((each) => !underway.has(each.id)) ?? [];
  const over = list.some((each) => ['finished', 'refused', 'cancelled'].includes(each.state));

  return (
    <Page title={t('tab.import')} lead={t('import.lead')}>
      <DropZone
        title={t('import.drop')}
        letGo={t('import.over')}
        hint={limit === undefined ? undefined : t('import.limit', { limit: fmt.bytes(limit) })}
        chooseFiles={t('import.chooseFiles')}
        chooseFolder={t('import.chooseFolder')}
        onFiles={add}
        read={droppedFiles}
      />
      {list.length > 0 ? (
        <Panel
          title={t('import.now')}
          flush
          actions={
            over ? (
              <Button size="compact-sm" onClick={() => uploads.clear()}>
                {t('import.clear')}
              </Button>
            ) : null
          }
        >
          <SmallTable
            label={t('import.now')}
            head={[t('import.file'), t('import.state'), t('import.found'), t('tab.stations')]}
            widths={[undefined, undefined, undefined, 176]}
          >
            {list.map((each) => (
              <UploadRow key={each.id} upload={each} limit={limit} />
            ))}
          </SmallTable>
        </Panel>
      ) : null}
      <Panel title={t('import.past')} flush={past.length > 0}>
        {imports.isPending ? (
          <Waiting />
        ) : imports.error && !imports.data ? (
          <Failure what={t('import.listFailed')} error={imports.error} onRetry={() => void imports.refetch()} />
        ) : past.length === 0 ? (
          <Quiet>{t('import.none')}</Quiet>
        ) : (
          <PastImports imports={past} />
        )}
      </Panel>
    </Page>
  );
}

function UploadRow({ upload, limit }: { upload: Upload; limit: number | undefined }) {
  const { t, fmt } = useI18n();
  const errorText = useErrorText();
  const { state, import: result } = upload;
  const name = visible(upload.name);
  return (
    <tr>
      <td>
        <HostileText limit={80}>{upload.name}</HostileText> <Quiet>{fmt.bytes(upload.size)}</Quiet>
      </td>
      <td>
        {state === 'waiting' ? <Quiet>{t('import.waiting')}</Quiet> : null}
        {state === 'sending' ? (
          <ProgressLine
            label={t('import.sending', { name })}
            text={t('import.sendingShort')}
            done={upload.sent}
            of={upload.size}
          />
        ) : null}
        {state === 'reading' && result ? (
          <ProgressLine
            label={t('import.reading', { name })}
            text={t('import.readingShort')}
            done={result.bytes_done}
            of={result.bytes}
          />
        ) : null}
        {state === 'finished' && result ? <ImportState value={result} /> : null}
        {state === 'cancelled' ? <Quiet>{t('import.cancelled')}</Quiet> : null}
        {state === 'refused' ? (
          <>
            <Chip tone="bad">{t('import.refused')}</Chip>{' '}
            {upload.error instanceof ApiError && upload.error.status === 413
              ? limit === undefined
                ? errorText(upload.error)
                : t('import.tooBig', { limit: fmt.bytes(limit) })
              : errorText(upload.error)}
          </>
        ) : null}
      </td>
      <td>{result ? <Found value={result} /> : null}</td>
      <td>
        {state === 'waiting' || state === 'sending' ? (
          <Tooltip label={t('cancel')}>
            <ActionIcon size={24} aria-label={t('import.cancel', { name })} onClick={() => uploads.cancel(upload.id)}>
              <IconX size={14} />
            </ActionIcon>
          </Tooltip>
        ) : state === 'refused' && uploads.canRetry(upload.id) ? (
          <Tooltip label={t('tryAgain')}>
            <ActionIcon size={24} aria-label={t('import.again', { name })} onClick={() => uploads.retry(upload.id)}>
              <IconRefresh size={14} />
            </ActionIcon>
          </Tooltip>
        ) : result && state === 'finished' ? (
          <Stations value={result} />
        ) : null}
      </td>
    </tr>
  );
}

const tones: Record<Import['state'], Tone> = {
  receiving: 'plain',
  running: 'plain',
  done: 'good',
  failed: 'bad',
  interrupted: 'warn',
};

/** What there is to say of an import, in the reader's language where the server gave codes. */
function useReason(): (value: Import) => string {
  const { text } = useSaid();
  return ({ reason, reasons }) => (reasons?.length ? reasons.map(text).join('; ') : (reason ?? ''));
}

function ImportState({ value }: { value: Import }) {
  const { t, fmt } = useI18n();
  const reason = useReason()(value);
  return (
    <>
      <Chip tone={value.state === 'done' && value.damaged > 0 ? 'warn' : tones[value.state]}>
        {t(`import.${value.state}`)}
      </Chip>{' '}
      {value.damaged > 0 ? `${t('import.damaged', { n: value.damaged, records: fmt.number(value.damaged) })} ` : ''}
      {reason ? (
        <Quiet>
          <HostileText limit={160}>{reason}</HostileText>
        </Quiet>
      ) : null}
    </>
  );
}

/** What a file held, in a few words. */
function Found({ value }: { value: Import }) {
  const { t, fmt } = useI18n();
  return (
    <>
      {t('import.added', { n: value.added, events: fmt.number(value.added) })}
      <Quiet>
        {' '}
        {t('import.of', {
          n: value.records,
          records: fmt.number(value.records),
          starts: fmt.number(value.starts),
          stops: fmt.number(value.stops),
        })}
        {value.duplicates > 0
          ? ` · ${t('import.duplicates', { n: value.duplicates, events: fmt.number(value.duplicates) })}`
          : ''}
      </Quiet>
    </>
  );
}

function Stations({ value }: { value: Import }) {
  if (value.stations.length === 0) return null;
  const first = value.stations.slice(0, 3);
  return (
    <Line>
      {first.map((station) => (
        <Anchor key={station.id} href={stationHref(station.id)}>
          <HostileText limit={40}>{station.name}</HostileText>
        </Anchor>
      ))}
      {value.stations.length > first.length ? <Quiet>+{value.stations.length - first.length}</Quiet> : null}
    </Line>
  );
}

function PastImports({ imports }: { imports: Import[] }) {
  const { t, fmt } = useI18n();
  const reasonOf = useReason();
  return (
    <SmallTable
      label={t('import.past')}
      head={[t('import.file'), t('import.when'), t('import.state'), t('import.found'), t('tab.stations')]}
      widths={[undefined, 168, undefined, undefined, 176]}
    >
      {imports.map((each) => (
        <tr key={each.id}>
          <td>
            <HostileText limit={60}>{each.name}</HostileText> <Quiet>{fmt.bytes(each.bytes)}</Quiet>
          </td>
          <td>
            <TimeCell>{each.created}</TimeCell>
          </td>
          <td title={visible(reasonOf(each)) || undefined}>
            {each.state === 'running' ? (
              <ProgressLine
                label={t('import.reading', { name: visible(each.name) })}
                text={t('import.readingShort')}
                done={each.bytes_done}
                of={each.bytes}
              />
            ) : (
              <ImportState value={each} />
            )}
          </td>
          <td>{each.records > 0 ? <Found value={each} /> : null}</td>
          <td>
            <Stations value={each} />
          </td>
        </tr>
      ))}
    </SmallTable>
  );
}
