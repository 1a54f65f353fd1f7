import { useQuery } from '@tanstack/react-query';
import type { FilterOf } from '@/api/client';
import type { QueryField } from '@/api/types';
import { useI18n } from '@/app/i18n';

/**
 * Tells what a field means in the reader's language. The server says it in
 * English; the texts of another language are fetched when they are first needed.
 */
export function useFieldHelp(of: FilterOf | undefined, needed: boolean): (field: QueryField) => string {
  const { language } = useI18n();
  const { data, isError } = useQuery({
    queryKey: ['field-help', language],
    queryFn: async () => (await import('@/app/i18n/areas/fieldHelp.es')).fieldHelp,
    enabled: needed && language === 'es',
    staleTime: Number.POSITIVE_INFINITY,
  });
  return ({ name, description }) => {
    if (language === 'en' || isError) return description;
    // Nothing rather than English for the moment that the texts are on their way.
    return data ? ((of ? data[`${of}.${name}`] : undefined) ?? data[name] ?? description) : '';
  };
}
