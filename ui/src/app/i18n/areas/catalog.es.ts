import type { Texts } from '../texts';
import type { catalog as english } from './catalog.en';

/** Español. */
export const catalog: Texts<typeof english> = {};
