import type { EnrolmentKey, EnrolmentKeyDraft } from './agent';
import type { Said } from './problem';

/** A program or an MSI package for Windows, a Debian package or an archive for other Linux. */
export type ClientFormat = 'exe' | 'msi' | 'deb' | 'tar';

/** What clients of one format and architecture are made from. */
export interface ClientPackage {
  /** As in windows-amd64-exe. */
  id: string;
  format: ClientFormat;
  system: 'windows' | 'linux';
  arch: 'amd64' | 'arm64';
  /** Of the agent. */
  version: string;
  /** Bytes. */
  size: number;
  /** By a key for code, of the operator's own. */
  signed: boolean;
  signer?: string;
  /** It came with the server's program, or the operator put it there. */
  source: 'carried' | 'signed';
  /** Why it is this one that is offered, where there is another. */
  note?: Said;
}

/** A name or an address in the server's certificate. */
export interface ServerName {
  name: string;
  /** A person added it, and can remove it. */
  added: boolean;
}

/** What clients can be made of, and for which server. */
export interface Clients {
  version: string;
  /** The server's program has agents in it. */
  carried: boolean;
  /** Why no client can be made; absent where some can. */
  why_not?: Said;
  /** What else is to be said, as that a format was not built. */
  notes: Said[];
  packages: ClientPackage[];
  /** Where agents reach this server, as it supposes. */
  server: {
    address: string;
    host: string;
    /** 0 where it is not known. */
    port: number;
    /** It hears agents. */
    listening: boolean;
    names: ServerName[];
  };
  authority: string;
  /** The ways to see processes that a client can be bound to, the best first. */
  sensors: { windows: string[]; linux: string[] };
  limits: ClientLimits;
  /** Making one takes the caller's password. */
  password: boolean;
}

export interface ClientLimits {
  /** Bytes. */
  spool_least: number;
  spool_most: number;
  /** For how long a client can be fetched after it was made, and how often. */
  download_minutes: number;
  download_fetches: number;
}

/** What is known of an address that clients are to report to. */
export interface AddressCheck {
  /** Nothing speaks against it. */
  ok: boolean;
  /** As a client has it; empty where its form is wrong. */
  server: string;
  host: string;
  port: number;
  /** The server's certificate is for the host. */
  covered: boolean;
  /** The server finds the host; stations may find others. */
  resolves: boolean;
  addresses: string[];
  /** What speaks against it. */
  problem?: Said;
}

export interface ClientDraft {
  package: string;
  server: string;
  key_id?: number;
  new_key?: EnrolmentKeyDraft;
  end_process?: boolean;
  proxy?: string;
  spool_bytes?: number;
  sensor?: string;
  password?: string;
}

/** A client that was just made. */
export interface MadeClient {
  /** The path of the file. Whoever knows it can fetch the file. */
  download: string;
  /** Until when, and how often, it can be fetched. */
  expires: string;
  fetches: number;
  file_name: string;
  /** Bytes. */
  size: number;
  sha256: string;
  /** The address that its stations call. */
  server: string;
  package: ClientPackage;
  key: EnrolmentKey;
  /** Of the key; shown this once. */
  secret: string;
  commands: ClientCommand[];
}

export type ClientCommandId =
  | 'silent'
  | 'properties'
  | 'gpo'
  | 'intune_install'
  | 'intune_uninstall'
  | 'intune_detection'
  | 'powershell'
  | 'shell';

/** A way to install a client without anybody being asked. */
export interface ClientCommand {
  id: ClientCommandId;
  text: string;
  /** It has the key's secret in it, or the address of the file, which is as good. */
  secret: boolean;
}
