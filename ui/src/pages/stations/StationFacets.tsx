import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { queries } from '@/api/queries';
import type { StationFacetField, StationFilter, StationShow, StationState } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { stationShows, stationValues } from '@/app/search';
import { Facets, type FacetTexts } from '@/primitives/Facets/Facets';
import type { FacetLayout } from '@/primitives/Facets/useFacetLayout';

/** The fields counted beside the stations, until others are chosen, and those that can be. */
export const usualFacets: StationFacetField[] = ['state', 'label', 'system', 'agent_version', 'sensor_mode'];
const countable: StationFacetField[] = [...usualFacets, 'enrolment_key'];

interface StationFacetsProps {
  layout: FacetLayout;
  filter: StationFilter;
  /** The rows have arrived: counting must not hold them up. */
  ready: boolean;
  onFilter(change: StationFilter): void;
}

/** What the stations have in common. A click chooses those with a value, another one lets all in again. */
export function StationFacets({ layout, filter, ready, onFilter }: StationFacetsProps) {
  const texts = useStationTexts();
  const fields = layout.fields.filter((field): field is StationFacetField =>
    (countable as readonly string[]).includes(field),
  );
  const asked = fields.filter((field) => !layout.folded.has(field));
  const facets = useQuery({
    ...queries.stationFacets(filter, asked),
    enabled: ready && asked.length > 0,
    placeholderData: keepPreviousData,
    retry: false,
  });
  return (
    <Facets
      layout={{ ...layout, fields }}
      choices={countable}
      data={facets.data}
      stale={facets.isPlaceholderData}
      error={facets.error}
      onRetry={() => void facets.refetch()}
      texts={texts}
      single
      isPicked={(field, value) => value !== undefined && picked(filter, field) === value}
      onPick={(field, value) => onFilter(picking(filter, field, value))}
    />
  );
}

function picked(filter: StationFilter, field: string): string | undefined {
  if (field === 'state') return filter.show;
  const name = stationValues.find((each) => each === field);
  return name && filter[name];
}

/** What changes in a filter when a value is picked: the same one again is let go. */
export function picking(filter: StationFilter, field: string, value: string | undefined): StationFilter {
  const next = picked(filter, field) === value ? undefined : value;
  if (field === 'state') return { show: stationShows.find((each): each is StationShow => each === next) };
  const name = stationValues.find((each) => each === field);
  return name ? { [name]: next } : {};
}

/** What people call the fields of stations and their values. */
function useStationTexts(): FacetTexts {
  const { t } = useI18n();
  return useMemo(
    () => ({
      name: (field) => t(`field.${field as StationFacetField}`),
      value: (field, value) => (field === 'state' ? t(`stations.state.${value as StationState}`) : value),
    }),
    [t],
  );
}
