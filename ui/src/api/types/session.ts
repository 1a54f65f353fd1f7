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

export interface Token {
  id: number;
  name: string;
  role: Role;
  created: string;
  last_used?: string;
  expires?: string;
  user: string;
}
