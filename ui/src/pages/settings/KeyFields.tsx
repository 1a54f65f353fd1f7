import { NativeSelect, TextInput } from '@mantine/core';
import { useI18n } from '@/app/i18n';
import { LabelField } from '@/primitives/Labels/LabelField';
import { useKnownLabels } from '../stations/LabelEditor';
import { type KeyDraft, keyFaults, lifetimes } from './keyDraft';

interface KeyFieldsProps {
  draft: KeyDraft;
  /** The first field has the focus when a dialogue opens. */
  focused?: boolean;
  onChange(change: Partial<KeyDraft>): void;
}

/** What an enrolment key is to be. */
export function KeyFields({ draft, focused, onChange }: KeyFieldsProps) {
  const { t } = useI18n();
  const known = useKnownLabels(true);
  const faults = keyFaults(draft);
  return (
    <>
      <TextInput
        label={t('keys.name')}
        description={t('keys.nameHint')}
        value={draft.name}
        error={faults.name && t(`keys.fault.${faults.name}`)}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
        data-autofocus={focused || undefined}
        autoComplete="off"
      />
      <LabelField
        label={t('labels.title')}
        description={t('keys.labelsHint')}
        labels={draft.labels}
        known={known}
        onChange={(labels) => onChange({ labels })}
      />
      <TextInput
        label={t('keys.maxUses')}
        description={t('keys.maxUsesHint')}
        inputMode="numeric"
        value={draft.uses}
        error={faults.uses && t(`keys.fault.${faults.uses}`)}
        onChange={(event) => onChange({ uses: event.currentTarget.value })}
        autoComplete="off"
      />
      <NativeSelect
        label={t('tokens.expires')}
        description={t('keys.expiresHint')}
        value={draft.days}
        onChange={(event) => onChange({ days: event.currentTarget.value })}
        data={lifetimes.map((each) => ({
          value: each,
          label: each ? t('keys.days', { n: Number(each) }) : t('never'),
        }))}
      />
    </>
  );
}
