import type { Texts } from '../texts';
import type { tree as english } from './tree.en';

/** Español. */
export const tree: Texts<typeof english> = {};
