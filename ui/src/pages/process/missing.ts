import type { EventRow } from '@/api/types';
import type { Translate } from '@/app/i18n';
import type { Dictionary, Key } from '@/app/i18n/en';
import type { Format } from '@/app/i18n/format';
import type { Fact } from '@/primitives/Facts';
import { visible } from '@/primitives/hostile';

/** Whether the entropy of the code at a binary's entry point is that of plain code. */
export function entropyIs(bits: number): 'low' | 'usual' | 'high' {
  if (bits < 3) return 'low';
  return bits > 7.2 ? 'high' : 'usual';
}

/** The entropy of the code at a binary's entry point, and what it may mean. */
export function entropy(bits: number, t: Translate, fmt: Format): string {
  const of = { bits: fmt.hundredths(bits) };
  switch (entropyIs(bits)) {
    case 'low':
      return t('entropy.low', of);
    case 'high':
      return t('entropy.high', of);
    default:
      return t('entropy.shown', of);
  }
}

type Said<Prefix extends string> = Extract<Key, `${Prefix}.${string}`>;

/** What the station could not learn of a process, each with the reason in plain words. */
export function missing(row: EventRow, t: Translate): Fact[] {
  const parts = row.missing?.split(' ').filter(Boolean) ?? [];
  return parts.map((part) => {
    const [what = '', why = 'failed'] = part.split('=');
    const name = `missing.${what}` as Said<'missing'>;
    const reason = `reason.${why}` as Said<'reason'>;
    return {
      name: known(name, t) ?? visible(what),
      shown: known(reason, t) ?? why,
      value: { field: 'missing', value: part },
    };
  });
}

/** A plain text, if there is one of that name: a newer agent may have words of its own. */
function known(key: Said<'missing'> | Said<'reason'>, t: Translate): string | undefined {
  const text = t(key) as Dictionary[typeof key] | undefined;
  return typeof text === 'string' ? text : undefined;
}
