import { Button, Modal, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Fields, FormError } from '@/primitives/Card';
import { Notice } from '@/primitives/Notice';
import { Line } from '@/primitives/Page';
import { useErrorText } from '@/primitives/State';

/** As the server takes it. */
const longestWhy = 1000;

interface TaskDialogProps {
  title: string;
  action: string;
  /** What will happen, and further fields. */
  children: ReactNode;
  /** A reason must be given. */
  reasoned?: boolean;
  /** Something is lost by it. */
  grave?: boolean;
  /** It cannot be asked for as things are. */
  disabled?: boolean;
  /** The station that is asked, where it is known how it does. */
  station?: Pick<Station, 'state'>;
  busy: boolean;
  error: Error | null;
  onAsk(why: string): void;
  onClose(): void;
}

/** Asks a station for something: what, and why. */
export function TaskDialog(props: TaskDialogProps) {
  const { title, action, children, reasoned, grave, disabled, station, busy, error, onAsk, onClose } = props;
  const { t } = useI18n();
  const errorText = useErrorText();
  const [typed, setTyped] = useState('');
  const why = typed.trim();
  const ready = !disabled && !(reasoned && why === '');
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
      <Fields onSubmit={() => ready && !busy && onAsk(why)}>
        {error ? <FormError>{errorText(error)}</FormError> : null}
        {children}
        <TextInput
          label={t(reasoned ? 'task.whyNeeded' : 'task.why')}
          description={t('task.whyHint')}
          value={typed}
          maxLength={longestWhy}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-autofocus
          autoComplete="off"
        />
        {station && station.state !== 'online' ? <Notice>{t('task.notOnline')}</Notice> : null}
        <Line end>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" variant="filled" color={grave ? 'red.9' : undefined} disabled={!ready} loading={busy}>
            {action}
          </Button>
        </Line>
      </Fields>
    </Modal>
  );
}
