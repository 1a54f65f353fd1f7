import type { Translate } from '@/app/i18n';
import { visible } from '@/primitives/hostile';

/** What an agent runs on, in words. */
export function systemText(system: string, t: Translate): string {
  if (system === 'windows') return 'Windows';
  return system === 'linux' ? 'Linux' : t('gaps.unknown');
}

export function archText(arch: string, t: Translate): string {
  return arch === 'amd64' || arch === 'arm64' ? t(`client.arch.${arch}`) : visible(arch);
}
