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
