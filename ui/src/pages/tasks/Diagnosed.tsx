import { Button } from '@mantine/core';
import { IconCopy } from '@tabler/icons-react';
import type { Diagnosis } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Facts } from '@/primitives/Facts';
import { Part } from '@/primitives/Headline';
import { None } from '@/primitives/Page';
import { RawRecord } from '@/primitives/Text';
import { useCopy } from '@/primitives/useCopy';
import { reportFacts } from '../stations/reportFacts';

const object = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Whether what a station sent is shaped like a diagnosis. It may send anything. */
export function isDiagnosis(result: unknown): result is Diagnosis {
  if (!object(result) || !object(result.hello)) return false;
  const { stream, sensor, self, machine } = result.hello;
  return (
    [stream, sensor, self, machine].every(object) &&
    Array.isArray(result.log) &&
    result.log.every((line) => typeof line === 'string') &&
    typeof result.threads === 'string'
  );
}

/** What an agent knew of itself when it was asked. */
export function Diagnosed({ diagnosis }: { diagnosis: Diagnosis }) {
  const { t, fmt } = useI18n();
  const copy = useCopy();
  const { hello, log, threads } = diagnosis;
  const part = (title: string, text: string) => (
    <Part
      title={title}
      actions={
        text ? (
          <Button size="compact-xs" variant="subtle" leftSection={<IconCopy size={12} />} onClick={() => copy(text)}>
            {t('copy')}
          </Button>
        ) : null
      }
    >
      {text ? <RawRecord label={title}>{text}</RawRecord> : <None>{t('diagnosis.nothing')}</None>}
    </Part>
  );
  return (
    <>
      {part(t('diagnosis.log'), log.join('\n'))}
      <Facts groups={reportFacts(hello, t, fmt)} />
      {part(t('diagnosis.threads'), threads.trimEnd())}
    </>
  );
}
