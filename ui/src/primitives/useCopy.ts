import { notifications } from '@mantine/notifications';
import { useCallback } from 'react';
import { useI18n } from '@/app/i18n';

/** Puts text on the clipboard and says so. */
export function useCopy(): (text: string, said?: string) => void {
  const { t } = useI18n();
  return useCallback(
    (text, said) => {
      navigator.clipboard.writeText(text).then(
        () => notifications.show({ message: said ?? t('copied'), autoClose: 1500 }),
        () => notifications.show({ message: t('copyFailed'), color: 'red' }),
      );
    },
    [t],
  );
}
