import { Button, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '@/api/client';
import type { Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Fields } from '@/primitives/Card';
import { visible } from '@/primitives/hostile';
import { Line } from '@/primitives/Page';
import { useStationChange } from './useStationChange';

/** As the server takes it. */
const longest = 255;

/** Gives a station a name of one's own choice. */
export function RenameStation({ station, onClose }: { station: Station; onClose(): void }) {
  const { t } = useI18n();
  const [typed, setTyped] = useState(station.name);
  const name = typed.trim();
  const fault = [...name].length > longest ? t('station.nameLong') : undefined;
  const change = useStationChange(() => api.changeStation(station.id, { name }), onClose);
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('station.renameNamed', { name: visible(station.name) })}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <Fields onSubmit={() => !fault && change.mutate()}>
        <TextInput
          label={t('stations.name')}
          description={t('station.renameText')}
          value={typed}
          error={fault}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-autofocus
          autoComplete="off"
        />
        <Line end>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" variant="filled" disabled={!!fault || name === station.name} loading={change.isPending}>
            {t('station.rename')}
          </Button>
        </Line>
      </Fields>
    </Modal>
  );
}
