import type { StationName } from './station';

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
