import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import type { UpdateSettings, Updates } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Fields, FormError } from '@/primitives/Card';
import { visible } from '@/primitives/hostile';
import { LabelField } from '@/primitives/Labels/LabelField';
import { Line, Panel, Quiet } from '@/primitives/Page';
import { PasswordDialog } from '@/primitives/PasswordDialog';
import { useErrorText } from '@/primitives/State';
import { useKnownLabels } from '../../stations/LabelEditor';
import { percent } from './parts';
import { useUpdateChange } from './useUpdateChange';

/** Which stations are chosen, how many of them, and when it stops by itself. */
export function SettingsForm({ updates: { settings, changed, changed_by } }: { updates: Updates }) {
  const { t, fmt } = useI18n();
  const errorText = useErrorText();
  const apply = useUpdateChange();
  const known = useKnownLabels(true);
  const [labels, setLabels] = useState(settings.labels);
  const [share, setShare] = useState(String(settings.share));
  const [threshold, setThreshold] = useState(String(settings.threshold));
  const [asked, setAsked] = useState(false);
  const next: UpdateSettings = {
    enabled: settings.enabled,
    labels,
    share: percent(share) ?? 0,
    threshold: percent(threshold) ?? 0,
  };
  const ready = next.share > 0 && next.threshold > 0 && JSON.stringify(next) !== JSON.stringify(settings);
  const save = useMutation({ mutationFn: () => apply(() => api.changeUpdates(next)) });
  return (
    <Panel title={t('updates.settings')} form>
      <Fields
        onSubmit={() => {
          if (!ready || save.isPending) return;
          // While it is on, other stations are reached the moment after.
          if (settings.enabled) setAsked(true);
          else save.mutate();
        }}
      >
        {save.error ? <FormError>{errorText(save.error)}</FormError> : null}
        <LabelField
          label={t('labels.title')}
          description={t('updates.labelsHint')}
          labels={labels}
          known={known}
          onChange={setLabels}
        />
        <TextInput
          label={t('updates.share')}
          description={t('updates.shareHint')}
          inputMode="numeric"
          value={share}
          error={percent(share) === undefined && t('updates.percentFault')}
          onChange={(event) => setShare(event.currentTarget.value)}
          autoComplete="off"
        />
        <TextInput
          label={t('updates.threshold')}
          description={t('updates.thresholdHint')}
          inputMode="numeric"
          value={threshold}
          error={percent(threshold) === undefined && t('updates.percentFault')}
          onChange={(event) => setThreshold(event.currentTarget.value)}
          autoComplete="off"
        />
        <Line>
          <Button type="submit" disabled={!ready} loading={save.isPending}>
            {t('updates.save')}
          </Button>
          {changed && changed_by ? (
            <Quiet>
              {t('updates.changed', { who: visible(changed_by), time: fmt.dateTime(changed).slice(0, 16) })}
            </Quiet>
          ) : null}
        </Line>
      </Fields>
      {asked ? (
        <PasswordDialog
          title={t('updates.saveTitle')}
          action={t('updates.save')}
          onClose={() => setAsked(false)}
          onConfirm={(password) => apply(() => api.changeUpdates({ ...next, password }))}
        >
          {t('updates.saveText')}
        </PasswordDialog>
      ) : null}
    </Panel>
  );
}
