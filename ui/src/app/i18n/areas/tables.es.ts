import type { Texts } from '../texts';
import type { tables as english } from './tables.en';

/** Español. */
export const tables: Texts<typeof english> = {};
