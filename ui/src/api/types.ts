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
  parent_binary_id?: number;
  prevalence?: number;
  runs?: number;
  /** On how many stations, and how often, the parent's binary has started this one. Absent where the parent is not stored. */
  launch_stations?: number;
  launch_runs?: number;
  /** How many processes it has started. Only of a process that was asked for by its id. */
  children?: number;
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

export interface FacetValue {
  /** As it stands in a filter after the field's name. */
  value: string;
  count: number;
  /** Of the station, where the field is station. */
  id?: number;
}

/** The values that a field has in the events of a search, or in its binaries; those that most have first. */
export interface Facet {
  field: string;
  values: FacetValue[];
  /** Events with further values. */
  others: number;
  /** Events in which the field has no value. */
  blank: number;
}

export interface Facets {
  facets: Facet[];
  /** That were counted; or the binaries. */
  events: number;
  /** False: the time was up, and the figures are those since searched_to. */
  complete: boolean;
  searched_to?: string;
}

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
}

export interface Binary {
  id: number;
  /** The file name it was first seen under. */
  name: string;
  sha256?: string;
  sha1?: string;
  md5?: string;
  imphash?: string;
  identified_by: 'sha256' | 'sha1' | 'md5' | 'path';
  file_size?: number;
  original_file_name?: string;
  description?: string;
  product?: string;
  company?: string;
  file_version?: string;
  signer?: string;
  signed?: boolean;
  stations: number;
  runs: number;
  first_seen: string;
  last_seen: string;
  /** Where it lay: up to 3 in a list, up to 50 alone. */
  paths: string[];
  more_paths?: number;
  /** Only in the list of a station's binaries. */
  first_seen_here?: string;
}

export type BinarySort = 'first_seen' | 'last_seen' | 'stations' | 'runs' | 'name';

export interface BinaryPage {
  binaries: Binary[];
  next?: string;
}

export interface BinaryCount {
  count: number;
  at_least: boolean;
}

/** A station that has run a binary. */
export interface BinaryStation {
  id: number;
  name: string;
  origin: 'live' | 'imported';
  /** When the binary was first seen there. */
  first_seen: string;
  users: number;
}

export interface BinaryStationPage {
  stations: BinaryStation[];
  next?: string;
}

/** An account that has run a binary. */
export interface BinaryUser {
  user: string;
  user_sid?: string;
  stations: number;
  first_seen: string;
}

export interface BinaryUserList {
  users: BinaryUser[];
  more: boolean;
}

/** A binary that has started another, or was started by it; the figures are those of the pair. */
export interface Launch {
  binary: Binary;
  stations: number;
  runs: number;
  first_seen: string;
  last_seen: string;
}

export interface LaunchList {
  launches: Launch[];
  more: boolean;
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
  /** In the 24 hours before now. */
  events_24h?: number;
  /** Live, and no event for over 24 hours. */
  silent?: boolean;
  /** Only of a station alone. */
  binaries?: number;
  users?: number;
}

/** Which stations a list is about; all, where absent. */
export type StationShow = 'live' | 'silent' | 'imported';
export type StationSort = 'name' | 'last_seen' | 'first_seen' | 'processes';

export interface StationPage {
  stations: Station[];
  next?: string;
}

/** An account that has run something on a station. */
export interface StationUser {
  user: string;
  user_sid?: string;
  binaries: number;
  first_seen: string;
}

export interface StationUserList {
  users: StationUser[];
  more: boolean;
}

/** How many events there were in each hour. */
export interface Pulse {
  from: string;
  to: string;
  bucket_seconds: number;
  hours: { start: string; starts: number; stops: number }[];
  /** The stations with most starts in the span. */
  top: { station_id: number; station: string; starts: number }[];
}

export interface Overview {
  now: string;
  stations: { total: number; live: number; imported: number; active_24h: number; silent: number };
  binaries: { total: number; new_24h: number; new_rare_24h: number };
  events: { last_hour: number; last_24h: number };
  newest?: string;
}

export type SavedPage = 'events' | 'processes' | 'binaries' | 'stations';

/** What of a saved search its owner writes. */
export interface SavedSearchDraft {
  name: string;
  description: string;
  page: SavedPage;
  q: string;
  /** As in the page's address; '' with from and to. */
  range: string;
  from?: string;
  to?: string;
  order?: string;
  shared: boolean;
}

export interface SavedSearch extends SavedSearchDraft {
  id: number;
  owner: string;
  mine: boolean;
  created: string;
  updated: string;
}

export interface SavedSearchList {
  searches: SavedSearch[];
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
