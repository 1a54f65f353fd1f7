import type { Binary } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Chip } from '@/primitives/Chip';
import { HostileText } from '@/primitives/Text';

/** Who signed a binary, as far as its station said. */
export function Signed({ binary }: { binary: Binary }) {
  const { t } = useI18n();
  if (binary.signed === false) return <Chip>{t('unsigned')}</Chip>;
  if (binary.signer) return <HostileText limit={120}>{binary.signer}</HostileText>;
  return binary.signed ? t('binary.signed') : null;
}
