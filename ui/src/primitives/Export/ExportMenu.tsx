import { Anchor, Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDownload } from '@tabler/icons-react';
import { useEffect, useSyncExternalStore } from 'react';
import type { ExportFormat } from '@/api/client';
import { useI18n } from '@/app/i18n';
import { Line, Quiet } from '../Page';
import { useErrorText } from '../State';
import { ExportJob } from './exportJob';
import { mostInMemory, openSink } from './sink';

interface ExportMenuProps {
  /** What is exported, in the name of the file. */
  name: string;
  /** Where the server gives the whole list. */
  address(format: ExportFormat): string;
  /** How many rows there will be, where that is known. */
  total?: number;
}

const formats: ExportFormat[] = ['csv', 'ndjson'];
/** How long a note stays after all went well. */
const stays = 8_000;

/** Saves a whole list to a file, not only what is loaded of it. */
export function ExportMenu({ name, address, total }: ExportMenuProps) {
  const { t } = useI18n();
  const begin = async (format: ExportFormat) => {
    const sink = await openSink(`eljefe-${name}-${stamp(new Date())}.${format}`, format);
    if (!sink) return;
    const job = new ExportJob(address(format), format, sink);
    const id = notifications.show({ message: '', autoClose: false, withCloseButton: false });
    const close = () => notifications.hide(id);
    notifications.update({
      id,
      message: <ExportNote job={job} total={total} onClose={close} />,
      autoClose: false,
      withCloseButton: false,
    });
    void job.run();
  };
  return (
    <Menu width={260}>
      <Menu.Target>
        <Button size="compact-md" leftSection={<IconDownload size={14} />}>
          {t('export')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown aria-label={t('export')}>
        <Menu.Label>{t('export.whole')}</Menu.Label>
        {formats.map((format) => (
          <Menu.Item key={format} onClick={() => void begin(format)}>
            {t(`export.${format}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** How far an export is, and how it ended. */
export function ExportNote({ job, total, onClose }: { job: ExportJob; total?: number; onClose(): void }) {
  const { t, fmt } = useI18n();
  const errorText = useErrorText();
  const { phase, rows, bytes, error } = useSyncExternalStore(job.subscribe, job.snapshot);
  useEffect(() => {
    if (phase !== 'done') return;
    const timer = setTimeout(onClose, stays);
    return () => clearTimeout(timer);
  }, [phase, onClose]);

  const format = job.format.toUpperCase();
  const count =
    total === undefined
      ? t('export.rows', { n: rows, rows: fmt.number(rows) })
      : t('export.of', { rows: fmt.number(rows), all: fmt.number(Math.max(total, rows)) });
  const said: Record<typeof phase, { title: string; text: string }> = {
    running: { title: t('export.running', { format }), text: `${count} · ${fmt.bytes(bytes)}` },
    done: { title: t('export.done', { n: rows, rows: fmt.number(rows), size: fmt.bytes(bytes) }), text: '' },
    stopped: { title: t('export.stopped'), text: t('export.stoppedText') },
    failed: { title: t('export.failed'), text: `${errorText(error)} ${t('export.failedText')}` },
    tooLarge: { title: t('export.tooLarge'), text: t('export.tooLargeText', { size: fmt.bytes(mostInMemory) }) },
  };
  const { title, text } = said[phase];
  return (
    <div data-testid="export-note" data-phase={phase}>
      <strong>{title}</strong>
      {text ? (
        <div>
          <Quiet>{text}</Quiet>
        </div>
      ) : null}
      <Line end>
        {phase === 'failed' || phase === 'tooLarge' ? (
          <Anchor href={job.address} download onClick={onClose}>
            {t('export.direct')}
          </Anchor>
        ) : null}
        {phase === 'running' ? (
          <Button size="compact-sm" onClick={() => job.stop()}>
            {t('stop')}
          </Button>
        ) : (
          <Button size="compact-sm" onClick={onClose}>
            {t('close')}
          </Button>
        )}
      </Line>
    </div>
  );
}

/** A time for a file's name, in UTC as the server writes it. */
function stamp(now: Date): string {
  return now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
}
