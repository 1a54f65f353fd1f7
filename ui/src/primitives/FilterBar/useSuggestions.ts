import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { FilterOf } from '@/api/client';
import { queries } from '@/api/queries';
import type { QueryField } from '@/api/types';
import { applyField, applyValue, type Edit, findField, knownValues, matchFields, placeAt } from './completion';
import { recentFilters } from './history';
import { useFieldHelp } from './useFieldHelp';

export interface Suggestion {
  id: string;
  kind: 'field' | 'value' | 'recent';
  label: string;
  hint?: string;
  count?: number;
  edit: Edit;
}

const fewest = 1;

/** What to offer at the caret. */
export function useSuggestions(text: string, caret: number, open: boolean, of?: FilterOf): Suggestion[] {
  const { data: known } = useQuery({ ...queries.fields(of), enabled: open });
  const help = useFieldHelp(of, open);
  const fields: QueryField[] = known?.fields ?? [];
  const place = open ? placeAt(text, caret) : undefined;
  const field = place?.kind === 'value' ? findField(fields, place.field) : undefined;
  const fixed = knownValues(field);

  const wanted =
    place?.kind === 'value' && field && !fixed && place.operator === ''
      ? `${field.name}:${place.prefix.replace(/[*?]/g, '')}`
      : '';
  const [asked] = useDebouncedValue(wanted, 120);
  const colon = asked.indexOf(':');
  const { data: stored } = useQuery({
    ...queries.values(asked.slice(0, colon), asked.slice(colon + 1), of),
    enabled: open && asked !== '' && asked === wanted,
    retry: false,
  });

  if (!open || !place) return [];
  if (text.trim() === '') {
    const recent = recentFilters()
      .slice(0, 5)
      .map((q) => ({ id: `recent ${q}`, kind: 'recent' as const, label: q, edit: { text: q, caret: q.length } }));
    return [...recent, ...fieldSuggestions(fields, help, text, place, 8)];
  }
  if (place.kind === 'field') {
    return place.prefix.length < fewest ? [] : fieldSuggestions(fields, help, text, place, 10);
  }
  const prefix = place.prefix.toLowerCase();
  const values = fixed
    ? fixed.filter((value) => value.toLowerCase().startsWith(prefix)).map((value) => ({ value, count: undefined }))
    : (stored?.values ?? []);
  return values.map(({ value, count }) => ({
    id: `value ${value}`,
    kind: 'value',
    label: value,
    count,
    edit: applyValue(text, place, value),
  }));
}

function fieldSuggestions(
  fields: QueryField[],
  help: (field: QueryField) => string,
  text: string,
  place: NonNullable<ReturnType<typeof placeAt>>,
  limit: number,
): Suggestion[] {
  return matchFields(fields, place.kind === 'field' ? place.prefix : '', limit).map((field) => ({
    id: `field ${field.name}`,
    kind: 'field',
    label: field.name,
    hint: help(field),
    edit: applyField(text, place, field.name),
  }));
}
