import type { Said } from './problem';

export interface Import {
  id: number;
  name: string;
  state: 'receiving' | 'running' | 'done' | 'failed' | 'interrupted';
  bytes: number;
  bytes_done: number;
  records: number;
  starts: number;
  stops: number;
  added: number;
  duplicates: number;
  damaged: number;
  other: number;
  /** All that there is to say of it, in English. */
  reason?: string;
  /** The same one by one; absent for imports of before there were codes. */
  reasons?: Said[];
  stations: { id: number; name: string }[];
  user?: string;
  created: string;
  finished?: string;
}

export interface ImportList {
  imports: Import[];
  limit_bytes: number;
}
