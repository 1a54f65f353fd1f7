/** What the server says to people: a code with named values, and the same in English. */
export interface Said {
  code?: string;
  params?: Record<string, unknown>;
  message?: string;
}

/** An error as the server tells it (RFC 9457). */
export interface Problem {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  code?: string;
  params?: Record<string, unknown>;
  errors?: (Said & { message: string; location?: string; value?: unknown })[];
  /** Of a faulty filter: where, in code points, and what to put there instead. */
  position?: number;
  length?: number;
  suggestion?: string;
}
