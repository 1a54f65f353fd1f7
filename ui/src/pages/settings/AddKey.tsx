import { Button, Modal } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import { Fields, FormError } from '@/primitives/Card';
import { visible } from '@/primitives/hostile';
import { Line } from '@/primitives/Page';
import { useErrorText } from '@/primitives/State';
import { KeyFields } from './KeyFields';
import { keyBody, keyReady, newKey } from './keyDraft';
import type { Shown } from './Secret';

/** Makes an enrolment key; its secret and the command that uses it are shown once. */
export function AddKey({ onClose, onAdded }: { onClose(): void; onAdded(secret: Shown): void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const errorText = useErrorText();
  const [draft, setDraft] = useState(newKey);
  const ready = keyReady(draft);
  const add = useMutation({
    mutationFn: () => api.addEnrolmentKey(keyBody(draft, Date.now())),
    onSuccess: async ({ key, secret, command }) => {
      onAdded({
        title: t('keys.secret', { name: visible(key.name) }),
        text: t('keys.secretText'),
        secret,
        command: command ? { text: t('keys.command'), line: command } : undefined,
      });
      await client.invalidateQueries({ queryKey: queries.enrolmentKeys().queryKey });
    },
  });
  return (
    <Modal opened onClose={onClose} title={t('keys.add')} closeButtonProps={{ 'aria-label': t('close') }}>
      <Fields onSubmit={() => ready && !add.isPending && add.mutate()}>
        {add.error ? <FormError>{errorText(add.error)}</FormError> : null}
        <KeyFields draft={draft} focused onChange={(change) => setDraft((old) => ({ ...old, ...change }))} />
        <Line end>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" variant="filled" disabled={!ready} loading={add.isPending}>
            {t('keys.add')}
          </Button>
        </Line>
      </Fields>
    </Modal>
  );
}
