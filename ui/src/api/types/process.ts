import type { Coverage } from './coverage';
import type { EventRow, Integrity } from './event';

/** A process above another. One that is not stored is known from what its child told, and has no id. */
export interface Ancestor extends Omit<EventRow, 'process'> {
  process?: string;
  known: boolean;
}

/** A process of a tree, with what its row shows. */
export interface TreeNode {
  process: string;
  /** The process in the tree it hangs from. */
  parent: string;
  /** 1 for a child. */
  depth: number;
  pid: number;
  image?: string;
  /** Its beginning, where truncated. */
  command_line?: string;
  truncated?: boolean;
  user?: string;
  started: string;
  stopped?: string;
  exit_code?: number;
  integrity?: Integrity;
  binary_id: number;
  prevalence: number;
  /** How many it has, on other pages too. */
  children: number;
}

export interface TreePage {
  nodes: TreeNode[];
  next?: string;
  coverage?: Coverage;
}
