import { Button } from '@mantine/core';
import { IconCopy, IconExternalLink, IconTimeline } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Binary } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { binaryHref, eventsHref } from '@/app/search';
import { Drawer } from '@/primitives/Drawer/Drawer';
import { Facts } from '@/primitives/Facts';
import { visible } from '@/primitives/hostile';
import { Failure, Waiting } from '@/primitives/State';
import { useCopy } from '@/primitives/useCopy';
import { BinaryHeader } from './BinaryHeader';
import { bestHash, eventsOf } from './describe';
import { binaryFacts } from './facts';
import { BinaryStations } from './Prevalence';

interface BinaryDrawerProps {
  id: string;
  /** The row it was opened from: shown until the whole is there. */
  row?: Binary;
  onClose(): void;
}

export function BinaryDrawer({ id, row, onClose }: BinaryDrawerProps) {
  const { t, fmt } = useI18n();
  const copy = useCopy();
  const found = useQuery({ ...queries.binary(id), placeholderData: row });
  const binary = found.data;
  const hash = binary && bestHash(binary);
  return (
    <Drawer
      label={binary ? visible(binary.name) : t('binary.one')}
      onClose={onClose}
      actions={
        <>
          <Button size="compact-sm" component="a" href={binaryHref(id)} leftSection={<IconExternalLink size={14} />}>
            {t('binary.open')}
          </Button>
          {binary ? (
            <Button
              size="compact-sm"
              component="a"
              href={eventsHref({ q: eventsOf(binary), range: 'all' })}
              leftSection={<IconTimeline size={14} />}
            >
              {t('binary.events')}
            </Button>
          ) : null}
          {hash ? (
            <Button size="compact-sm" leftSection={<IconCopy size={14} />} onClick={() => copy(hash.value)}>
              {t('copy.named', { name: t(`field.${hash.name}`) })}
            </Button>
          ) : null}
        </>
      }
    >
      {binary ? (
        <>
          <BinaryHeader binary={binary} />
          <BinaryStations binary={binary} short />
          <Facts groups={binaryFacts(binary, t, fmt)} />
        </>
      ) : found.error ? (
        <Failure what={t('binary.failed')} error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Waiting lines={10} />
      )}
    </Drawer>
  );
}
