import { useQuery } from '@tanstack/react-query';
import type { Search } from '@/api/client';
import { queries } from '@/api/queries';
import type { EventSearch } from '@/app/search';
import { FacetPanel } from '@/primitives/Facets/FacetPanel';
import type { FacetLayout } from '@/primitives/Facets/useFacetLayout';
import { isCounted } from '@/primitives/FilterBar/completion';
import { useFieldTexts } from './useFieldTexts';

interface EventFacetsProps {
  layout: FacetLayout;
  of: Search;
  /** The filter as it stands in the address. */
  q: string;
  ready: boolean;
  go(change: Partial<EventSearch>): void;
}

/** The facets of a list of events. */
export function EventFacets({ layout, of, q, ready, go }: EventFacetsProps) {
  const { data: known } = useQuery(queries.fields());
  const texts = useFieldTexts();
  return (
    <FacetPanel
      layout={layout}
      choices={known?.fields.filter(isCounted).map((field) => field.name) ?? []}
      texts={texts}
      source={(fields) => queries.facets(of, fields)}
      q={q}
      ready={ready}
      onFilter={(filter) => go({ q: filter })}
      onStack={(field) => go({ stack: field, rank: undefined, p: undefined })}
    />
  );
}
