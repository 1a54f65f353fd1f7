import type { Coverage } from './coverage';

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
