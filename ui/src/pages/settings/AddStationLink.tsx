import { Anchor } from '@mantine/core';
import { useI18n } from '@/app/i18n';

/** Leads to where stations are let in. */
export function AddStationLink() {
  const { t } = useI18n();
  return <Anchor href="/client">{t('stations.addFirst')}</Anchor>;
}
