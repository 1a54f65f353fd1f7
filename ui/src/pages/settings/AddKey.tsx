import { Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import { Fields, FormError } from '@/primitives/Card';
import { visible } from '@/primitives/hostile';
import { LabelField } from '@/primitives/Labels/LabelField';
import { Line } from '@/primitives/Page';
import { useErrorText } from '@/primitives/State';
import { useKnownLabels } from '../stations/LabelEditor';
import { keyFaults } from './keyDraft';
import type { Shown } from './Secret';

const lifetimes = ['1', '7', '30', '365', ''] as const;
const day = 86_400_000;

/** Makes an enrolment key; its secret and the command that uses it are shown once. */
export function AddKey({ onClose, onAdded }: { onClose(): void; onAdded(secret: Shown): void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const errorText = useErrorText();
  const [name, setName] = useState('');
  const [labels, setLabels] = useState<string[]>([]);
  const [uses, setUses] = useState('');
  const [days, setDays] = useState<string>('30');
  const known = useKnownLabels(true);
  const faults = keyFaults({ name, uses });
  const ready = name.trim() !== '' && !faults.name && !faults.uses;
  const add = useMutation({
    mutationFn: () =>
      api.addEnrolmentKey({
        name: name.trim(),
        labels,
        max_uses: uses.trim() === '' ? undefined : Number(uses),
        expires: days ? new Date(Date.now() + Number(days) * day).toISOString() : undefined,
      }),
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
        <TextInput
          label={t('keys.name')}
          description={t('keys.nameHint')}
          value={name}
          error={faults.name && t(`keys.fault.${faults.name}`)}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
          autoComplete="off"
        />
        <LabelField
          label={t('labels.title')}
          description={t('keys.labelsHint')}
          labels={labels}
          known={known}
          onChange={setLabels}
        />
        <TextInput
          label={t('keys.maxUses')}
          description={t('keys.maxUsesHint')}
          inputMode="numeric"
          value={uses}
          error={faults.uses && t(`keys.fault.${faults.uses}`)}
          onChange={(event) => setUses(event.currentTarget.value)}
          autoComplete="off"
        />
        <NativeSelect
          label={t('tokens.expires')}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
          data={lifetimes.map((each) => ({
            value: each,
            label: each ? t('keys.days', { n: Number(each) }) : t('never'),
          }))}
        />
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
