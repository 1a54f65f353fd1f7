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
  architecture?: string;
  /** Of the code at the entry point, in bits per byte. */
  entry_entropy?: number;
  entry_sha256?: string;
  compiled?: string;
  /** The file on disk is not what the kernel loaded. */
  image_mismatch?: boolean;
  /** What the station could not learn and why: "hashes=gone signer=denied". */
  missing?: string;
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
  /** Effective ones; a Linux process that has none has an empty list. */
  capabilities?: string[];
  /** Absent where they are the effective ones. */
  capabilities_permitted?: string[];
  container?: string;
  /** That are not the station's own: "mnt=4026532281 pid=4026532282". */
  namespaces?: string;
  wow64?: boolean;
  protected?: boolean;
  packaged?: boolean;
  package?: string;
  app_container?: boolean;
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
  /** The end itself was missed: stopped is when the process was found gone. */
  inferred?: boolean;
  binary_id?: number;
  parent_binary_id?: number;
  prevalence?: number;
  runs?: number;
  /** On how many stations, and how often, the parent's binary has started this one. Absent where the parent is not stored. */
  launch_stations?: number;
  launch_runs?: number;
  /** How many processes it has started. Only of a process that was asked for by its id. */
  children?: number;
  /** Of its station while it ran. Only of a process that was asked for by its id. */
  coverage?: Coverage;
}

export interface EventPage {
  events: EventRow[];
  next?: string;
  complete: boolean;
  searched_to?: string;
  coverage?: Coverage;
}

export interface EventCount {
  count: number;
  at_least: boolean;
  complete: boolean;
  coverage?: Coverage;
}

export interface Histogram {
  from: string;
  to: string;
  bucket_seconds: number;
  buckets: { start: string; count: number }[];
  complete: boolean;
  /** Of events; absent for binaries. */
  coverage?: Coverage;
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
  coverage?: Coverage;
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
  architecture?: string;
  entry_entropy?: number;
  entry_sha256?: string;
  compiled?: string;
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
  /** The highest number of a binary when it was asked; absent where there is none, and for those of one station. */
  newest?: number;
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

/** How a station is doing; the last is one that only an imported log speaks of. */
export type StationState = 'online' | 'silent' | 'waiting' | 'retired' | 'revoked' | 'imported';

export interface Station {
  id: number;
  name: string;
  origin: 'live' | 'imported';
  state: StationState;
  first_seen: string;
  last_seen: string;
  processes?: number;
  /** In the 24 hours before now. */
  events_24h?: number;
  /** Its state is silent: no contact for three minutes. */
  silent?: boolean;
  labels: string[];

  /** What follows is known of stations that have enrolled; most of it once they have been in contact. */
  system?: string;
  architecture?: string;
  agent_version?: string;
  sensor_mode?: string;
  sensor_state?: SensorState | '';
  last_contact?: string;
  /** The server's clock minus the station's. */
  clock_offset_ms?: number;
  address?: string;
  /** Records in its spool that it had not sent at its last contact. */
  waiting?: number;
  /** A person gave it its name. */
  renamed?: boolean;
  enrolled?: string;
  retired?: string;
  revoked?: string;

  /** What follows only of a station alone. */
  binaries?: number;
  users?: number;
  agent?: StationAgent;
}

/** A station named beside something else. */
export interface StationName {
  id: number;
  name: string;
}

/** What the page of a station says of its agent. */
export interface StationAgent {
  /** As the computer calls itself. */
  host_name: string;
  fingerprint: string;
  booted?: string;
  agent_began?: string;
  /** Name of the key with which it enrolled. */
  enrolment_key?: string;
  /** It is a clone of this station. */
  parted_from?: StationName;
  /** Other stations on the same machine: it was installed anew. */
  same_machine: (StationName & { last_contact?: string })[];
  /** The last hello; absent until there was one. */
  report?: AgentReport;
  /** Until when its newest certificate is good; absent where it has none that is. */
  certificate_expires?: string;
  gaps_7d: number;
  /** What both clocks showed at the same moments, newest first. */
  clock: { server_time: string; station_time: string }[];
}

export type SensorState = 'working' | 'degraded' | 'stopped';

/** What an agent tells of itself. All of it is the station's claim. */
export interface AgentReport {
  machine: { name: string; fingerprint: string; system: string; architecture: string; agent_version: string };
  run: string;
  boot_id: number;
  booted: string;
  agent_began: string;
  now: string;
  offset_ms?: number;
  /** Whether it can be asked to end a process. */
  end_process?: boolean;
  stream: AgentStream;
  sensor: AgentSensor;
  self: AgentSelf;
}

/** The state of an agent's spool. */
export interface AgentStream {
  last: number;
  acknowledged: number;
  /** Records. */
  waiting: number;
  bytes: number;
  limit: number;
  oldest_waiting?: string;
}

export interface AgentSensor {
  mode: string;
  state: SensorState;
  detail?: string;
  events: number;
  lost: number;
}

/** What an agent costs its station. */
export interface AgentSelf {
  memory_bytes: number;
  cpu_seconds: number;
  goroutines: number;
  queues?: Record<string, number>;
}

/** Which stations a list is about; all but the retired ones, where absent. */
export type StationShow = 'live' | 'online' | 'silent' | 'waiting' | 'retired' | 'revoked' | 'imported';
export type StationSort = 'name' | 'last_seen' | 'first_seen' | 'processes' | 'last_contact';

/** What chooses stations; an absent member does not restrict. */
export interface StationFilter {
  search?: string;
  show?: StationShow;
  label?: string;
  system?: string;
  agent_version?: string;
  sensor_mode?: string;
  /** Name of the key with which they enrolled. */
  enrolment_key?: string;
}

export type StationFacetField =
  | 'state'
  | 'origin'
  | 'label'
  | 'system'
  | 'agent_version'
  | 'sensor_mode'
  | 'enrolment_key';

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
  coverage?: Coverage;
}

/** Why a station's record is incomplete for a while. */
export type GapCause =
  | 'source_lost'
  | 'spool_evicted'
  | 'spool_damaged'
  | 'enrichment_skipped'
  | 'agent_off'
  | 'before_agent'
  | 'clock_jump'
  | 'refused'
  | 'unexplained';

/** How complete the record is for the span and the stations that an answer is about. */
export interface Coverage {
  /** No station is blind, silent or behind. */
  complete: boolean;
  /** The stations that the question is bound to; absent where it is bound to none, or to very many. */
  of_stations?: number[];
  gaps: number;
  /** Stations that were blind for a part of it. */
  stations: number;
  /** Events that are known to be missing. */
  lost: number;
  /** There are gaps of which nobody knows how many events they swallowed. */
  lost_unknown: boolean;
  /** From the first gap's beginning to the last one's end, within the span. */
  from?: string;
  to?: string;
  /** Stations that should be talking and are not. */
  silent: number;
  /** Stations that still hold older records than the end of the span. */
  behind: number;
  causes: { cause: GapCause; gaps: number; stations: number; events: number }[];
}

export interface CoverageReport extends Coverage {
  /** Equal spans and how many stations were blind in each; empty unless asked for. */
  bands: { from: string; to: string; stations: number }[];
  /** Some of the stations that are meant. */
  examples: { id: number; name: string; why: 'gap' | 'silent' | 'behind' }[];
}

/** A span for which a station's record is incomplete. */
export interface Gap {
  id: number;
  station: StationName;
  cause: GapCause;
  from: string;
  to: string;
  /** That are missing or lack something; absent where nobody can know. */
  events?: number;
  first_seq?: number;
  last_seq?: number;
  /** For people: what exactly happened; the station's words. */
  detail: string;
  received: string;
}

export interface GapPage {
  gaps: Gap[];
  next?: string;
}

export type Verb = 'fetch_file' | 'end_process' | 'list_processes' | 'diagnose';

export type TaskState = 'queued' | 'sent' | 'running' | 'done' | 'failed' | 'refused' | 'cancelled' | 'expired';

/** Something a station is asked to do. */
export interface Task {
  id: number;
  station: StationName;
  verb: Verb;
  state: TaskState;
  who: string;
  why: string;
  created: string;
  expires: string;
  sent?: string;
  finished?: string;
  updated: string;
  /** Why it failed, or what was done; the station's words. */
  message: string;
  /** Of the verb; of diagnose it is a Diagnosis. */
  result?: unknown;
  /** Of a file, received so far. */
  bytes: number;
  bytes_all?: number;
  sha256?: string;
  process_id?: string;
  image?: string;
}

/** Asks for a task: fetch_file names a SHA-256, end_process a process. */
export interface TaskDraft {
  verb: Verb;
  why: string;
  sha256?: string;
  process_id?: string;
}

export interface TaskPage {
  tasks: Task[];
  next?: string;
}

/** The result of the verb diagnose. */
export interface Diagnosis {
  hello: AgentReport;
  /** The newest lines of the agent's log, oldest first. */
  log: string[];
  threads: string;
}

/** A file that was fetched from a station. */
export interface StoredFile {
  sha256: string;
  bytes: number;
  /** As it is kept, compressed. */
  stored: number;
  station?: StationName;
  received: string;
  /** That fetched it. */
  task?: number;
}

/** A secret with which agents enrol. */
export interface EnrolmentKey {
  id: number;
  name: string;
  state: 'usable' | 'used_up' | 'expired' | 'revoked';
  /** That its stations get. */
  labels: string[];
  /** Absent: no limit. */
  max_uses?: number;
  uses: number;
  /** That it let in and that are still there. */
  stations: number;
  /** Absent: never. */
  expires?: string;
  revoked?: string;
  created: string;
  created_by: string;
}

export interface EnrolmentKeyDraft {
  name: string;
  labels: string[];
  max_uses?: number;
  expires?: string;
}

/** A key that was just made. The secret is shown this once. */
export interface NewEnrolmentKey {
  key: EnrolmentKey;
  secret: string;
  /** The line that installs an agent on Linux; absent where this server hears no agents. */
  command?: string;
}

/** Something that somebody did. */
export interface AuditEntry {
  id: number;
  time: string;
  who: string;
  action: string;
  subject: string;
  detail: Record<string, unknown>;
}

export interface AuditPage {
  entries: AuditEntry[];
  next?: string;
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
  /** Where agents report, and by which authority's SHA-256 they know the server; absent where they cannot. */
  agents?: { listen: string; address: string; authority: string };
}

/** What is left of the demo. */
export interface Demo {
  /** The server plays it. */
  running: boolean;
  stations: number;
  /** That started on them. */
  processes: number;
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
