import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Coverage } from '@/api/types';
import type { Band } from '@/primitives/Coverage/bands';

/** Into how many parts a span is divided: as fine as a timeline can show. */
const fine = 240;

/** The bands of a timeline. They are asked for only where its answer says that something is missing. */
export function useBands(coverage: Coverage | undefined, of: { from?: string; to?: string }): Band[] | undefined {
  const asked = coverage !== undefined && !coverage.complete && of.from !== undefined && of.to !== undefined;
  const found = useQuery({
    ...queries.coverage({ ...of, station: coverage?.of_stations, bands: fine }),
    enabled: asked,
    placeholderData: keepPreviousData,
  });
  return asked ? found.data?.bands : undefined;
}
