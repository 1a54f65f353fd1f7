import { useMemo } from 'react';
import { useI18n } from '@/app/i18n';
import type { FacetTexts } from '@/primitives/Facets/Facets';
import { exitCode } from './fields';

/** What people call the fields of the filter language and those of their values that have names. */
export function useFieldTexts(): FacetTexts {
  const { t } = useI18n();
  return useMemo(() => {
    // A field that is new on the server has no name here yet: its own is good enough.
    const text = (key: string) => t(key as 'field.user') as string | undefined;
    return {
      name: (field) => text(`field.${field}`) ?? field,
      value: (field, value) => {
        if (flags.has(field)) return t(value === 'true' ? 'yes' : 'no');
        if (field === 'exit_code') return exitCode(Number(value));
        return named.has(field) ? (text(`${field}.${value}`) ?? value) : value;
      },
    };
  }, [t]);
}

const named: ReadonlySet<string> = new Set(['kind', 'origin', 'integrity', 'elevation']);
const flags: ReadonlySet<string> = new Set([
  'running',
  'signed',
  'elevated',
  'wow64',
  'protected',
  'packaged',
  'app_container',
  'image_mismatch',
  'inferred',
]);
