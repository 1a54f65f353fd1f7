import { Button, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useI18n } from '@/app/i18n';
import { Line } from './Page';

interface ConfirmProps {
  title: string;
  /** What will be gone, and whether it can be had back. */
  children: ReactNode;
  action: string;
  /** Nothing is lost by it. */
  harmless?: boolean;
  busy?: boolean;
  onConfirm(): void;
  onClose(): void;
}

/** Asks before something is done that others notice. */
export function Confirm({ title, children, action, harmless, busy, onConfirm, onClose }: ConfirmProps) {
  const { t } = useI18n();
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
      <p>{children}</p>
      <Line end>
        <Button onClick={onClose} data-autofocus>
          {t('cancel')}
        </Button>
        <Button variant="filled" color={harmless ? undefined : 'red.9'} loading={busy} onClick={onConfirm}>
          {action}
        </Button>
      </Line>
    </Modal>
  );
}
