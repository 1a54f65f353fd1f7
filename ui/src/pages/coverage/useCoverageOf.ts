import { useQuery } from '@tanstack/react-query';
import type { Span } from '@/api/client';
import { queries } from '@/api/queries';
import type { Coverage } from '@/api/types';
import { useTellCoverage } from '@/app/coverage';

/** How complete the record of a span is, told to the shell: for figures that are added up from it and do not say so themselves. */
export function useCoverageOf(of: Span): Coverage | undefined {
  const found = useQuery({ ...queries.coverage(of), enabled: of.from !== undefined });
  useTellCoverage(found.data, of);
  return found.data;
}
