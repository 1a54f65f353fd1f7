import type { Said } from '@/api/types';
import { type Translate, useI18n } from '@/app/i18n';
import type { Values } from '@/app/i18n/areas/problems.en';
import type { Format } from '@/app/i18n/format';
import { visible } from './hostile';

export interface Sayer {
  /** What its code says in the reader's language; undefined for none, and for one that this page does not know. */
  inCode(said: Said): string | undefined;
  /** The same, or what the server said in English. */
  text(said: Said): string;
}

/** Says what the server says, in the language of the page. */
export function sayer(t: Translate, fmt: Format): Sayer {
  // The codes come from the server: which of them there are, no type can know.
  const find = t as unknown as (key: string, values?: Values) => string | undefined;

  const inCode = ({ code, params }: Said): string | undefined => {
    if (!code) return undefined;
    const values: Values = {};
    for (const [name, value] of Object.entries(params ?? {})) values[name] = shown(name, value);
    return find(`problem.${code}`, values);
  };
  const text = (said: Said) => inCode(said) ?? visible(said.message ?? '');

  /** A value as it is read: what its name says of it decides how. */
  function shown(name: string, value: unknown): string {
    if (Array.isArray(value)) return value.map((each) => shown(name, each)).join(', ');
    if (value && typeof value === 'object') return text(value as Said);
    if (typeof value === 'number') return name.endsWith('_bytes') ? fmt.bytes(value) : String(value);
    const words = String(value);
    if (name.endsWith('_time')) return fmt.dateTime(words);
    if (name.endsWith('role')) return find(`role.${words}`) ?? visible(words);
    if (name === 'task_state') return find(`task.state.${words}`) ?? visible(words);
    if (name === 'verb') return find(`verb.${words}`) ?? visible(words);
    if (name === 'of' || name === 'others') return find(`filterOf.${words}`) ?? visible(words);
    return visible(words);
  }

  return { inCode, text };
}

export function useSaid(): Sayer {
  const { t, fmt } = useI18n();
  return sayer(t, fmt);
}
