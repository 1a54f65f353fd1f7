import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { StationFilter } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { stationShows, stationValues } from '@/app/search';
import { visible } from '@/primitives/hostile';
import { Line } from '@/primitives/Page';
import { HostileText } from '@/primitives/Text';

interface StationFiltersProps {
  filter: StationFilter;
  onFilter(change: StationFilter, replace?: boolean): void;
}

/** Which stations are listed: by name, by state, and by the values that were chosen. */
export function StationFilters({ filter, onFilter }: StationFiltersProps) {
  const { t } = useI18n();
  return (
    <Line>
      <FindStation search={filter.search ?? ''} onSearch={(text) => onFilter({ search: text || undefined }, true)} />
      <NativeSelect
        size="xs"
        aria-label={t('stations.show')}
        value={filter.show ?? ''}
        onChange={(event) => onFilter({ show: stationShows.find((each) => each === event.currentTarget.value) })}
        data={[
          { value: '', label: t('stations.show.all') },
          ...stationShows.map((value) => ({ value, label: t(`stations.show.${value}`) })),
        ]}
      />
      {stationValues.map((name) => {
        const value = filter[name];
        return value === undefined ? null : (
          <Button
            key={name}
            size="compact-xs"
            rightSection={<IconX size={12} aria-hidden="true" />}
            aria-label={t('filter.removeTerm', { term: `${t(`field.${name}`)}: ${visible(value)}` })}
            onClick={() => onFilter({ [name]: undefined })}
          >
            {t(`field.${name}`)}:&nbsp;
            <HostileText limit={40}>{value}</HostileText>
          </Button>
        );
      })}
    </Line>
  );
}

/** Finds stations by name while one types. */
function FindStation({ search, onSearch }: { search: string; onSearch(text: string): void }) {
  const { t } = useI18n();
  const [typed, setTyped] = useState(search);
  useEffect(() => setTyped(search), [search]);
  const look = useDebouncedCallback((text: string) => onSearch(text.trim()), 250);
  return (
    <TextInput
      size="xs"
      w={200}
      aria-label={t('stations.search')}
      placeholder={t('stations.search')}
      leftSection={<IconSearch size={14} />}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        look(event.currentTarget.value);
      }}
    />
  );
}
