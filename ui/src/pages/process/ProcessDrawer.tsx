import { Anchor, Button } from '@mantine/core';
import { IconCopy, IconExternalLink, IconFilter } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { Drawer } from '@/primitives/Drawer/Drawer';
import { Facts } from '@/primitives/Facts';
import { termFor } from '@/primitives/FilterBar/terms';
import { Part } from '@/primitives/Headline';
import { fileName, visible } from '@/primitives/hostile';
import { Failure, Waiting } from '@/primitives/State';
import { useCopy } from '@/primitives/useCopy';
import { processHref, toNdjson } from '../events/fields';
import { firstFacts } from './facts';
import { ProcessActions } from './ProcessActions';
import { ProcessFamily } from './ProcessFamily';
import { ProcessHeader } from './ProcessHeader';

interface ProcessDrawerProps {
  id: string;
  /** The row it was opened from: shown until the whole is there. */
  row?: EventRow;
  onClose(): void;
}

/** A process in short, beside the table it was found in. */
export function ProcessDrawer({ id, row: known, onClose }: ProcessDrawerProps) {
  const { t, fmt } = useI18n();
  const copy = useCopy();
  const process = useQuery({ ...queries.process(id), placeholderData: known });
  const row = process.data;
  return (
    <Drawer
      label={
        row
          ? t('process.title', { name: fileName(row.image) || t('process.unknown'), station: visible(row.station) })
          : t('process.one')
      }
      onClose={onClose}
      actions={
        <>
          <Button size="compact-sm" component="a" href={processHref(id)} leftSection={<IconExternalLink size={14} />}>
            {t('process.open')}
          </Button>
          {row ? (
            <>
              <Button size="compact-sm" leftSection={<IconCopy size={14} />} onClick={() => copy(toNdjson([row]))}>
                {t('copyNdjson')}
              </Button>
              {row.image ? (
                <Button
                  size="compact-sm"
                  component="a"
                  href={eventsHref({ q: termFor('image', row.image), range: 'all' })}
                  leftSection={<IconFilter size={14} />}
                >
                  {t('process.sameImage')}
                </Button>
              ) : null}
              <ProcessActions row={row} />
            </>
          ) : null}
        </>
      }
    >
      {row ? (
        <>
          <ProcessHeader row={row} />
          <Part
            title={t('process.family')}
            actions={
              <Anchor size="sm" href={processHref(id)}>
                {t('process.wholeFamily')}
              </Anchor>
            }
          >
            <ProcessFamily row={row} />
          </Part>
          <Facts groups={firstFacts(row, t, fmt)} />
        </>
      ) : process.error ? (
        <Failure what={t('process.failed')} error={process.error} onRetry={() => void process.refetch()} />
      ) : (
        <Waiting lines={10} />
      )}
    </Drawer>
  );
}
