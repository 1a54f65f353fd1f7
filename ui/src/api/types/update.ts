import type { Said } from './problem';

/** How far agents are to be brought to a newer version by the server. */
export interface UpdateSettings {
  /** The one switch. Off in a new installation. */
  enabled: boolean;
  /** Stations with one of these; none: all stations. */
  labels: string[];
  /** Per cent of those, 1 to 100; always the same ones, and more as it grows. */
  share: number;
  /** Per cent of the stations that were updated; when so many failed, it pauses by itself. */
  threshold: number;
}

export interface UpdateDraft extends UpdateSettings {
  /** Needed to switch it on, and to reach more stations. */
  password?: string;
}

/** The agent that the server offers to stations of one kind. */
export interface UpdateProgram {
  system: 'windows' | 'linux';
  arch: string;
  version: string;
  /** Bytes. */
  size: number;
  sha256: string;
  /** By a key for code, of the operator's own. */
  signed: boolean;
  /** Why it is not offered; absent: it is. */
  problem?: Said;
}

/** Stations that have the same agent. */
export interface UpdateVersion {
  /** Of the agent. */
  version: string;
  /** Empty: its agent is too old to say, and takes no updates. */
  system: '' | 'windows' | 'linux';
  arch: string;
  stations: number;
  /** Of those, that the settings choose. */
  in_scope: number;
  /** Measured by what the server offers them: as new or newer, older, takes no updates, or nothing is offered to such a station. */
  standing: 'current' | 'behind' | 'unable' | 'no_program';
}

/** The state of the roll-out. */
export interface Updates {
  settings: UpdateSettings;
  /** unavailable: this server has no agents that it could offer; see why_not. */
  state: 'off' | 'rolling' | 'paused' | 'unavailable';
  why_not?: Said;
  paused?: {
    at: string;
    /** Empty: it paused by itself. */
    by: string;
    why: Said;
  };
  /** Who changed the settings last, and when; absent: nobody ever did. */
  changed?: string;
  changed_by?: string;
  programs: UpdateProgram[];
  versions: UpdateVersion[];
  stations: {
    /** That report by themselves, without retired and revoked ones. */
    all: number;
    in_scope: number;
    /** Of those in scope. */
    current: number;
    behind: number;
    unable: number;
    /** Since it was switched on or resumed last. */
    under_way: number;
    succeeded: number;
    failed: number;
  };
  /** So many are under way at a time at most. */
  at_once: number;
}

/** The last four are ends that are no success; lost: not heard of since it went over to the new agent. */
export type UpdateState =
  | 'offered'
  | 'fetching'
  | 'verified'
  | 'installed'
  | 'reporting'
  | 'refused'
  | 'failed'
  | 'rolled_back'
  | 'lost';

/** What became of one offer to one station. */
export interface StationUpdate {
  id: number;
  station: { id: number; name: string };
  from: string;
  to: string;
  /** From 1; a further one each time somebody had failed stations tried again. */
  attempt: number;
  state: UpdateState;
  /** Why it ended without success. The station's own words: hostile text. */
  why: string;
  /** Whose settings it was offered by. */
  who: string;
  /** When each state was reached; absent: it was not. */
  offered: string;
  fetching?: string;
  verified?: string;
  installed?: string;
  ended?: string;
  updated: string;
}

export interface StationUpdatePage {
  /** The newest first. */
  updates: StationUpdate[];
  next?: string;
}

export interface UpdateResume {
  /** Offer it anew to stations where it failed. */
  retry: boolean;
  password?: string;
}
