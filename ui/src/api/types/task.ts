import type { AgentReport } from './agent';
import type { Said } from './problem';
import type { StationName } from './station';

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
  /** Why it failed, or what was done. */
  message: string;
  /** The message with its code where it is the server's; absent where it is the station's words. */
  told?: Said;
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
