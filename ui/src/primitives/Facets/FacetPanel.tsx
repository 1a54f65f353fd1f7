import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { queries } from '@/api/queries';
import { addTerm, dropTerm, hasTerm, termFor } from '../FilterBar/terms';
import { Facets, type FacetTexts } from './Facets';
import type { FacetLayout } from './useFacetLayout';

interface FacetPanelProps {
  layout: FacetLayout;
  /** The fields that can be chosen. */
  choices: string[];
  texts: FacetTexts;
  /** Counts the values of some fields in all that the list finds. */
  source(fields: readonly string[]): ReturnType<typeof queries.facets>;
  /** The filter as it stands in the address. */
  q: string;
  /** The rows have arrived: counting must not hold them up. */
  ready: boolean;
  onFilter(q: string | undefined): void;
  /** Absent where rows cannot be stacked. */
  onStack?(field: string): void;
}

/** The facets of a list, counted as far as they are unfolded. */
export function FacetPanel({ layout, choices, texts, source, q, ready, onFilter, onStack }: FacetPanelProps) {
  const asked = layout.fields.filter((field) => !layout.folded.has(field));
  const facets = useQuery({
    ...source(asked),
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
      onStack={onStack}
      isPicked={(field, value) => hasTerm(q, termFor(field, value ?? ''))}
      onPick={(field, value, negated) => {
        const term = termFor(field, value ?? '', negated);
        onFilter((hasTerm(q, term) ? dropTerm(q, term) : addTerm(q, term)) || undefined);
      }}
    />
  );
}
