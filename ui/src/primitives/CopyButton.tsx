import { ActionIcon, Tooltip } from '@mantine/core';
import { IconCopy } from '@tabler/icons-react';
import { useI18n } from '@/app/i18n';
import { useCopy } from './useCopy';

/** Copies what it stands beside. */
export function CopyButton({ text, name }: { text: string; name: string }) {
  const { t } = useI18n();
  const copy = useCopy();
  const label = t('copy.named', { name });
  return (
    <Tooltip label={label}>
      <ActionIcon size={22} aria-label={label} onClick={() => copy(text)}>
        <IconCopy size={14} />
      </ActionIcon>
    </Tooltip>
  );
}
