import type { Coverage } from './coverage';

export interface Overview {
  now: string;
  stations: { total: number; live: number; imported: number; active_24h: number; silent: number };
  binaries: { total: number; new_24h: number; new_rare_24h: number };
  events: { last_hour: number; last_24h: number };
  newest?: string;
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
