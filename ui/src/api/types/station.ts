import type { AgentReport, SensorState } from './agent';

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

/** Which stations a list is about; all but the retired ones, where absent. */
export type StationShow = 'live' | 'online' | 'silent' | 'waiting' | 'retired' | 'revoked' | 'imported';
export type StationSort = 'name' | 'last_seen' | 'first_seen' | 'processes' | 'last_contact' | 'enrolled';

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
