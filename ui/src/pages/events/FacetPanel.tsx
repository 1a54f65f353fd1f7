import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { Search } from '@/api/client';
import { queries } from '@/api/queries';
import type { EventSearch } from '@/app/search';
import { Facets } from '@/primitives/Facets/Facets';
import type { FacetLayout } from '@/primitives/Facets/useFacetLayout';
import { isCounted } from '@/primitives/FilterBar/completion';
import { addTerm, dropTerm, hasTerm, termFor } from '@/primitives/FilterBar/terms';
import { useFieldTexts } from './useFieldTexts';

interface FacetPanelProps {
  layout: FacetLayout;
  of: Search;
  /** The filter as it stands in the address. */
  q: string;
  /** The rows have arrived: counting must not hold them up. */
  ready: boolean;
  go(change: Partial<EventSearch>): void;
}

/** The facets of a list of events. */
export function FacetPanel({ layout, of, q, ready, go }: FacetPanelProps) {
  const { data: known } = useQuery(queries.fields());
  const texts = useFieldTexts();
  const choices = known?.fields.filter(isCounted).map((field) => field.name) ?? [];
  const asked = layout.fields.filter((field) => !layout.folded.has(field));
  const facets = useQuery({
    ...queries.facets(of, asked),
    enabled: ready && asked.length > 0,
    placeholderData: keepPreviousData,
    // What takes long once takes long again: who wants it asks for it.
    retry: false,
  });
  return (
    <Facets
      layout={layout}
      choices={choices}
      data={facets.data}
      stale={facets.isPlaceholderData}
      error={facets.error}
      onRetry={() => void facets.refetch()}
      texts={texts}
      onStack={(field) => go({ stack: field, rank: undefined, p: undefined })}
      isPicked={(field, value) => hasTerm(q, termFor(field, value ?? ''))}
      onPick={(field, value, negated) => {
        const term = termFor(field, value ?? '', negated);
        go({ q: (hasTerm(q, term) ? dropTerm(q, term) : addTerm(q, term)) || undefined });
      }}
    />
  );
}
