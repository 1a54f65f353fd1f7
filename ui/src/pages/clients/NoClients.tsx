import { Anchor } from '@mantine/core';
import type { Clients } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { settingsHref } from '@/app/search';
import { Empty } from '@/primitives/State';
import { useSaid } from '@/primitives/useSaid';

/** A server without agents in it: why, and what to do. */
export function NoClients({ clients }: { clients: Clients }) {
  const { t } = useI18n();
  const { text } = useSaid();
  return (
    <Empty
      title={t('client.none')}
      actions={<Anchor href={settingsHref({ section: 'keys' })}>{t('client.toKeys')}</Anchor>}
    >
      {clients.why_not ? text(clients.why_not) : t('client.noneText')}
    </Empty>
  );
}
