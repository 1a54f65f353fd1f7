/** The shapes of the API, version 1. */

export type Role = 'administrator' | 'analyst' | 'viewer';

export interface User {
  id: number;
  name: string;
  role: Role;
  must_change_password: boolean;
  disabled?: boolean;
  created: string;
  last_login?: string;
}

export interface Session {
  user: User;
  /** Absent for a token. */
  expires?: string;
  server: { version: string; demo: boolean };
}

export type Integrity = 'untrusted' | 'low' | 'medium' | 'medium_plus' | 'high' | 'system' | 'protected';

/** What a stop reports about the whole run; a start carries it too once its stop is stored. */
export interface Statistics {
  handles?: number;
  threads?: number;
  kernel_time_us?: number;
  user_time_us?: number;
  cpu_cycles?: number;
  read_ops?: number;
  write_ops?: number;
  other_ops?: number;
  read_bytes?: number;
  write_bytes?: number;
  other_bytes?: number;
  hard_faults?: number;
  page_faults?: number;
  commit_charge?: number;
  commit_peak?: number;
  peak_working_set?: number;
  peak_virtual_size?: number;
  peak_pagefile?: number;
  peak_paged_pool?: number;
  peak_nonpaged_pool?: number;
}

export interface EventRow extends Statistics {
  id: string;
  kind: 'start' | 'stop' | 'running';
  time: string;
  station: string;
  station_id: number;
  process: string;
  pid: number;
  sensor: string;
  origin: 'live' | 'imported';

  source_file?: string;
  source_record?: number;
  boot_id?: number;
  process_seq?: number;
  process_guid?: string;
  started?: string;
  image?: string;
  command_line?: string;
  current_directory?: string;
  sha256?: string;
  sha1?: string;
  md5?: string;
  imphash?: string;
  file_size?: number;
  original_file_name?: string;
  description?: string;
  product?: string;
  company?: string;
  file_version?: string;
  signer?: string;
  signed?: boolean;
  user?: string;
  user_sid?: string;
  logon_id?: number;
  session?: number;
  integrity?: Integrity;
  elevation?: 'default' | 'full' | 'limited';
  elevated?: boolean;
  privileges?: string[];
  privileges_default?: string[];
  privileges_present?: string[];
  wow64?: boolean;
  protected?: boolean;
  packaged?: boolean;
  package?: string;
  parent_pid?: number;
  parent_process?: string;
  parent_started?: string;
  parent_image?: string;
  parent_command_line?: string;
  parent_user?: string;
  grandparent_image?: string;
  creator_pid?: number;
  stopped?: string;
  duration_ms?: number;
  exit_code?: number;
  binary_id?: number;
  prevalence?: number;
  runs?: number;
}

export interface EventPage {
  events: EventRow[];
  next?: string;
  complete: boolean;
  searched_to?: string;
}

export interface EventCount {
  count: number;
  at_least: boolean;
  complete: boolean;
}

export interface Histogram {
  from: string;
  to: string;
  bucket_seconds: number;
  buckets: { start: string; count: number }[];
  complete: boolean;
}

export interface Ancestor {
  process?: string;
  known: boolean;
  pid: number;
  image?: string;
  command_line?: string;
  user?: string;
  started?: string;
}

export interface Descendant extends EventRow {
  /** 1 for a child. */
  depth: number;
  /** The process in the tree it hangs from. */
  parent: string;
}

export interface DescendantPage {
  descendants: Descendant[];
  next?: string;
}

export type FieldType = 'text' | 'number' | 'time' | 'duration' | 'boolean' | 'enum' | 'hash' | 'size';

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

export interface Station {
  id: number;
  name: string;
  origin: 'live' | 'imported';
  first_seen: string;
  last_seen: string;
  processes?: number;
}

export interface StationPage {
  stations: Station[];
  next?: string;
}

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
  reason?: string;
  stations: { id: number; name: string }[];
  user?: string;
  created: string;
  finished?: string;
}

export interface ImportList {
  imports: Import[];
  limit_bytes: number;
}

export interface Token {
  id: number;
  name: string;
  role: Role;
  created: string;
  last_used?: string;
  expires?: string;
  user: string;
}

export interface Status {
  version: string;
  demo: boolean;
  database: { version: string; private: boolean; bytes: number };
  events: { starts: number; stops: number };
  oldest?: string;
  newest?: string;
  stations: number;
}

/** An error as the server tells it (RFC 9457). */
export interface Problem {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  errors?: { message: string; location?: string; value?: unknown }[];
  /** Of a faulty filter: where, in code points, and what to put there instead. */
  position?: number;
  length?: number;
  suggestion?: string;
}
