import { Button } from '@mantine/core';
import { IconTag } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { visible } from '@/primitives/hostile';
import { LabelField } from '@/primitives/Labels/LabelField';
import { Labels } from '@/primitives/Labels/Labels';
import { Line } from '@/primitives/Page';
import { useStationChange } from './useStationChange';

/** Some of the labels that stations have, to choose from. */
export function useKnownLabels(enabled: boolean): string[] {
  const found = useQuery({ ...queries.stationFacets({}, ['label'], 50), enabled });
  return found.data?.facets[0]?.values.map(({ value }) => value) ?? [];
}

/** A station's labels, and where one may, the way to change them on the spot. */
export function LabelEditor({ station }: { station: Station }) {
  const { t } = useI18n();
  const { user } = useSession();
  const [draft, setDraft] = useState<string[]>();
  const box = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const editing = draft !== undefined;
  const known = useKnownLabels(editing);
  const leave = () => {
    setDraft(undefined);
    setTimeout(() => button.current?.focus());
  };
  const change = useStationChange((labels: string[]) => api.changeStation(station.id, { labels }), leave);
  useEffect(() => {
    if (editing) box.current?.focus();
  }, [editing]);

  if (!editing) {
    return (
      <>
        <Labels labels={station.labels} />
        {user.role === 'viewer' ? null : (
          <Button
            ref={button}
            size="compact-xs"
            variant="subtle"
            color="gray"
            leftSection={<IconTag size={12} />}
            aria-label={t(station.labels.length > 0 ? 'labels.editOf' : 'labels.addOf', {
              name: visible(station.name),
            })}
            onClick={() => setDraft(station.labels)}
          >
            {station.labels.length > 0 ? t('labels.edit') : t('labels.add')}
          </Button>
        )}
      </>
    );
  }
  return (
    <Line>
      <LabelField
        bare
        label={t('labels.title')}
        labels={draft}
        known={known}
        onChange={setDraft}
        onDone={() => change.mutate(draft)}
        onCancel={leave}
        box={box}
      />
      <Button size="compact-xs" variant="filled" loading={change.isPending} onClick={() => change.mutate(draft)}>
        {t('labels.save')}
      </Button>
      <Button size="compact-xs" onClick={leave}>
        {t('cancel')}
      </Button>
    </Line>
  );
}
