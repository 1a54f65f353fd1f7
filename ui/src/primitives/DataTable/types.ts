import type { ReactNode } from 'react';
import type { Value } from '../ValueMenu';

export interface Column<Row> {
  id: string;
  header: string;
  width: number;
  /** Takes the width that is left. */
  grow?: boolean;
  /** Not shown until chosen. */
  hidden?: boolean;
  align?: 'end';
  sortable?: boolean;
  /** Left out of narrow windows. */
  wideOnly?: boolean;
  /** The value is shortened past recognition, so that it can be copied without its menu. */
  copied?: boolean;
  /** What the value's menu works on; absent where the cell has none. */
  value?(row: Row): Value | undefined;
  render(row: Row): ReactNode;
}

export interface Sort {
  column: string;
  descending: boolean;
}
