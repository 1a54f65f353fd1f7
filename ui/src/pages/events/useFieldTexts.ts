import { useMemo } from 'react';
import { useI18n } from '@/app/i18n';
import type { Key } from '@/app/i18n/en';
import type { FacetTexts } from '@/primitives/Facets/Facets';

/** What people call the fields of the filter language and those of their values that have names. */
export function useFieldTexts(): FacetTexts {
  const { t } = useI18n();
  return useMemo(() => {
    // A field that is new on the server has no name here yet: its own is good enough.
    const text = (key: string) => t(key as 'field.user') as string | undefined;
    return {
      name: (field) => text(`field.${field}`) ?? field,
      value: (field, value) => {
        if (value === 'true' || value === 'false') return t(value === 'true' ? 'yes' : 'no');
        return named.has(field) ? (text(`${field}.${value}` satisfies string as Key) ?? value) : value;
      },
    };
  }, [t]);
}

const named: ReadonlySet<string> = new Set(['kind', 'origin', 'integrity', 'elevation']);
