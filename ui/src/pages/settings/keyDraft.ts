import type { EnrolmentKeyDraft } from '@/api/types';

/** As the server takes them. */
const longestName = 128;
const mostUses = 1_000_000;
const day = 86_400_000;

/** For how many days a key may be good; the empty one: for ever. */
export const lifetimes = ['1', '7', '30', '365', ''] as const;

/** A key as it is typed. */
export interface KeyDraft {
  name: string;
  labels: string[];
  /** Empty: no limit. */
  uses: string;
  days: string;
}

export const newKey: KeyDraft = { name: '', labels: [], uses: '', days: '30' };

interface KeyFaults {
  name?: 'long';
  uses?: 'number';
}

/** What is wrong with what is typed so far. Nothing typed is not wrong yet. */
export function keyFaults({ name, uses }: Pick<KeyDraft, 'name' | 'uses'>): KeyFaults {
  const number = uses.trim();
  const whole = /^[1-9]\d*$/.test(number) && Number(number) <= mostUses;
  return {
    name: [...name.trim()].length > longestName ? 'long' : undefined,
    uses: number === '' || whole ? undefined : 'number',
  };
}

export function keyReady(draft: KeyDraft): boolean {
  const { name, uses } = keyFaults(draft);
  return draft.name.trim() !== '' && !name && !uses;
}

/** The key as the server takes it. */
export function keyBody({ name, labels, uses, days }: KeyDraft, now: number): EnrolmentKeyDraft {
  return {
    name: name.trim(),
    labels,
    max_uses: uses.trim() === '' ? undefined : Number(uses),
    expires: days === '' ? undefined : new Date(now + Number(days) * day).toISOString(),
  };
}
