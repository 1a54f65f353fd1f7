export type FieldType =
  | 'text'
  | 'number'
  | 'time'
  | 'duration'
  | 'boolean'
  | 'enum'
  | 'hash'
  | 'size'
  | 'decimal'
  | 'capability';

export interface QueryField {
  name: string;
  sigma?: string;
  type: FieldType;
  description: string;
  values?: string[];
  examples?: string[];
}

export interface QueryValue {
  value: string;
  count?: number;
}

/** A top-level term of a filter; position and length count code points. */
export interface QueryTerm {
  text: string;
  position: number;
  length: number;
  negated: boolean;
}

export interface QueryCheck {
  ok: true;
  terms: QueryTerm[];
}
