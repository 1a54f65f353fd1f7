import type { QueryField } from '@/api/types';
import { quoteValue } from './terms';

/** What could be written at the caret. */
export type Place =
  | { kind: 'field'; prefix: string; start: number; end: number }
  | { kind: 'value'; field: string; operator: string; prefix: string; start: number; end: number };

/** Finds what the caret stands in: a field's name, or the value of one. */
export function placeAt(text: string, caret: number): Place | undefined {
  let start = 0;
  let quote = -1;
  for (let i = 0; i < caret; i++) {
    const c = text.charAt(i);
    if (quote >= 0) {
      if (c === '\\' && /["\\]/.test(text.charAt(i + 1))) i++;
      else if (c === '"') quote = -1;
      continue;
    }
    if (c === '"') quote = i;
    else if (/[\s()]/.test(c)) start = i + 1;
  }
  if (start < caret && text.charAt(start) === '-') start++;
  const token = text.slice(start, caret);
  const colon = token.indexOf(':');
  // A quote that opens a bare phrase, not a value, completes to nothing.
  if (quote >= 0 && (colon < 0 || quote < start + colon)) return undefined;

  let end = caret;
  while (end < text.length && !/[\s()]/.test(text.charAt(end))) end++;
  if (colon < 0) {
    return { kind: 'field', prefix: token, start, end };
  }
  const rest = token.slice(colon + 1);
  const operator = /^(>=|<=|>|<)?/.exec(rest)?.[0] ?? '';
  const written = rest.slice(operator.length);
  if (quote >= 0) {
    const close = text.indexOf('"', caret);
    end = close < 0 ? text.length : close + 1;
  } else if (written.startsWith('"')) {
    return undefined; // the quoted value is finished
  }
  return {
    kind: 'value',
    field: token.slice(0, colon),
    operator,
    prefix: written.replace(/^"/, ''),
    start: start + colon + 1 + operator.length,
    end,
  };
}

/** The field a filter means: its own name or Sigma's, in whatever case. */
export function findField(fields: QueryField[], name: string): QueryField | undefined {
  const wanted = name.toLowerCase();
  return fields.find((f) => f.name.toLowerCase() === wanted) ?? fields.find((f) => f.sigma?.toLowerCase() === wanted);
}

/** Fields that begin with what was typed, then those that contain it, by either name. */
export function matchFields(fields: QueryField[], prefix: string, limit = 10): QueryField[] {
  const wanted = prefix.toLowerCase();
  const rank = (f: QueryField): number => {
    const [name, sigma] = [f.name.toLowerCase(), f.sigma?.toLowerCase() ?? ''];
    if (name.startsWith(wanted)) return 0;
    if (sigma.startsWith(wanted)) return 1;
    if (name.includes(wanted) || sigma.includes(wanted)) return 2;
    return 3;
  };
  return fields
    .map((field, i) => ({ field, rank: rank(field), i }))
    .filter((found) => found.rank < 3)
    .sort((a, b) => a.rank - b.rank || a.i - b.i)
    .slice(0, limit)
    .map((found) => found.field);
}

/** The values a field can have, where they are few enough to be known without asking. */
export function knownValues(field: QueryField | undefined): string[] | undefined {
  if (!field) return undefined;
  if (field.values?.length) return field.values;
  return field.type === 'boolean' ? ['true', 'false'] : undefined;
}

/**
 * Identities and measures: nearly each value is one of its own, so that counting them tells nothing. How rare a
 * binary is changes from moment to moment, and the server does not count by it.
 */
const distinct =
  /^(prevalence|runs|.*_id|seq|source_record|process_seq|(parent_)?process_(key|guid)|(.*_)?pid|handles|threads|cpu_cycles|.*_(ops|us|faults))$/;

/** Whether the values of a field are worth counting: many events share them. */
export function isCounted(field: QueryField): boolean {
  return ['text', 'enum', 'boolean', 'hash', 'number'].includes(field.type) && !distinct.test(field.name);
}

export interface Edit {
  text: string;
  caret: number;
}

export function applyField(text: string, place: Place, name: string): Edit {
  const after = text.slice(place.end).replace(/^:/, '');
  const inserted = `${name}:`;
  return { text: text.slice(0, place.start) + inserted + after, caret: place.start + inserted.length };
}

export function applyValue(text: string, place: Place, value: string): Edit {
  const inserted = `${quoteValue(value)} `;
  const after = text.slice(place.end).replace(/^\s+/, '');
  return { text: text.slice(0, place.start) + inserted + after, caret: place.start + inserted.length };
}
