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
