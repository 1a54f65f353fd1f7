import type { QueryTerm } from '@/api/types';

/** Turns a position in code points, as the server counts, into one in UTF-16 units, as strings do. */
export function unitsAt(text: string, codePoints: number): number {
  let units = 0;
  for (let n = 0; n < codePoints && units < text.length; n++) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return units;
}

/** The part of a filter that a term or an error covers, in UTF-16 units. */
export function rangeOf(text: string, position: number, length: number): { start: number; end: number } {
  return { start: unitsAt(text, position), end: unitsAt(text, position + length) };
}

/**
 * Writes a value so that the filter language reads exactly it: in text `*` and
 * `?` are wildcards unless bracketed, in quotes too; in quotes a backslash is
 * special only where it stands, with others or alone, directly before a quote.
 */
export function quoteValue(value: string): string {
  const literal = value.replace(/\[(?=[*?[]\])|[*?]/g, (found) => `[${found}]`);
  if (/^[\p{L}\p{N}_.@/][\p{L}\p{N}_.@/-]*$/u.test(literal) && !/^(AND|OR|NOT)$/.test(literal)) return literal;
  return `"${literal.replace(/(\\*)("|$)/g, (_, slashes: string, quote: string) => slashes + slashes + (quote && '\\"'))}"`;
}

export function termFor(field: string, value: string, negated = false): string {
  return `${negated ? '-' : ''}${field}:${quoteValue(value)}`;
}

/** A term that holds for any of some values. */
export function termForAny(field: string, values: readonly string[], negated = false): string {
  const [first] = values;
  if (values.length === 1 && first !== undefined) return termFor(field, first, negated);
  return `${negated ? '-' : ''}${field}:(${values.map(quoteValue).join(' OR ')})`;
}

/** The filter's words and signs at its top level, with quoted texts and parentheses kept whole. */
function topLevel(q: string): string[] {
  return takeApart(q).words;
}

/** The same, and whether every quote and parenthesis has its counterpart. */
function takeApart(q: string): { words: string[]; whole: boolean } {
  const words: string[] = [];
  let whole = true;
  let word = '';
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < q.length; i++) {
    const c = q.charAt(i);
    if (quoted && c === '\\' && /["\\]/.test(q.charAt(i + 1))) {
      word += c + q.charAt(++i);
      continue;
    }
    if (c === '"') quoted = !quoted;
    if (!quoted && c === '(') depth++;
    if (!quoted && c === ')' && --depth < 0) whole = false;
    if (!quoted && depth === 0 && /\s/.test(c)) {
      if (word) words.push(word);
      word = '';
    } else {
      word += c;
    }
  }
  if (word) words.push(word);
  return { words, whole: whole && depth === 0 && !quoted };
}

/** Whether a filter demands a term by itself, whatever else it says. */
export function hasTerm(q: string, term: string): boolean {
  const words = topLevel(q);
  return words.includes(term) && !words.includes('OR');
}

/** The first of the terms that a filter demands by themselves which has a certain form. */
export function findTerm(q: string, form: RegExp): string | undefined {
  const words = topLevel(q);
  return words.includes('OR') ? undefined : words.find((word) => form.test(word));
}

/** A filter without a term that it demands. */
export function dropTerm(q: string, term: string): string {
  return hasTerm(q, term)
    ? topLevel(q)
        .filter((word) => word !== term)
        .join(' ')
    : q;
}

/**
 * What of a filter falls within a scope that a page sets. A faulty filter stays
 * as it is, so that the fault is found where it was made.
 */
export function within(scope: string | undefined, q: string | undefined): string | undefined {
  if (!scope || !q) return scope || q;
  const { words, whole } = takeApart(q);
  if (!whole) return q;
  return words.includes('OR') ? `(${q}) ${scope}` : `${q} ${scope}`;
}

/** Narrows a filter by one more term. */
export function addTerm(q: string, term: string): string {
  const trimmed = q.trim();
  if (trimmed === '') return term;
  const words = topLevel(trimmed);
  if (words.some((word) => word === 'OR')) return `(${trimmed}) ${term}`;
  if (words.includes(term)) return trimmed;
  // The opposite of what is there already replaces it: both together would match nothing.
  const opposite = term.startsWith('-') ? term.slice(1) : `-${term}`;
  if (words.includes(opposite)) return words.map((word) => (word === opposite ? term : word)).join(' ');
  return `${trimmed} ${term}`;
}

/** What is left of a filter without one of its top-level terms. */
export function removeTerm(q: string, terms: QueryTerm[], index: number): string {
  return terms
    .filter((_, i) => i !== index)
    .map((term) => {
      const { start, end } = rangeOf(q, term.position, term.length);
      return q.slice(start, end).trim();
    })
    .join(' ');
}
