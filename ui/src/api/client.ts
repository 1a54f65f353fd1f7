import type {
  AddressCheck,
  Ancestor,
  AuditPage,
  Binary,
  BinaryCount,
  BinaryPage,
  BinarySort,
  BinaryStationPage,
  BinaryUserList,
  ClientDraft,
  Clients,
  CoverageReport,
  Demo,
  DeviceEventCount,
  DeviceEventPage,
  DevicePage,
  DeviceSort,
  DeviceStationPage,
  EnrolmentKey,
  EnrolmentKeyDraft,
  EventCount,
  EventPage,
  EventRow,
  Facets,
  GapCause,
  GapPage,
  Histogram,
  Import,
  ImportList,
  LaunchList,
  MadeClient,
  NewEnrolmentKey,
  Overview,
  Problem,
  Pulse,
  QueryCheck,
  QueryField,
  QueryValue,
  Role,
  SavedSearch,
  SavedSearchDraft,
  SavedSearchList,
  ServerName,
  Session,
  Station,
  StationDevicePage,
  StationFacetField,
  StationFilter,
  StationPage,
  StationSort,
  StationUpdatePage,
  StationUserList,
  Status,
  StoredFile,
  Task,
  TaskDraft,
  TaskPage,
  TaskState,
  Token,
  TreePage,
  UpdateDraft,
  UpdateResume,
  UpdateState,
  Updates,
  User,
  WholeDevice,
} from './types';

export const base = '/api/v1';

/** A list is a parameter that stands there once for each of its values. */
export type Parameters = Record<string, string | number | boolean | readonly (string | number)[] | undefined>;

/** The server said no. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.errors?.[0]?.message ?? problem.detail ?? problem.title ?? `HTTP ${problem.status}`);
    this.status = problem.status;
    this.problem = problem;
  }

  get passwordChangeRequired(): boolean {
    return this.problem.type === 'urn:eljefe:password-change-required';
  }
}

/** The server could not be reached. */
export class ConnectionError extends Error {
  override name = 'ConnectionError';
}

type Listener = (error: ApiError) => void;
let onRefused: Listener = () => {};

/** Names who is told when the session has ended (401) or a new password is due (403). */
export function whenRefused(listener: Listener): void {
  onRefused = listener;
}

let onReach: (reached: boolean) => void = () => {};

/** Names who is told, with each request, whether the server could be reached. */
export function whenReached(listener: (reached: boolean) => void): void {
  onReach = listener;
}

export function address(path: string, parameters: Parameters = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (Array.isArray(value)) for (const one of value) search.append(name, String(one));
    else if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const query = search.toString();
  return query ? `${base}${path}?${query}` : base + path;
}

/** Reads a failed answer, which may come from something before the server that speaks no JSON. */
export function problemOf(status: number, text: string): Problem {
  try {
    const found: unknown = JSON.parse(text);
    if (found && typeof found === 'object') return { ...(found as Problem), status };
  } catch {
    // Not JSON.
  }
  return { status };
}

interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  parameters?: Parameters;
  body?: unknown;
  signal?: AbortSignal;
}

export async function request<T>(path: string, { method = 'GET', parameters, body, signal }: Call = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(address(path, parameters), {
      method,
      signal,
      headers: body === undefined ? undefined : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    onReach(false);
    throw new ConnectionError('the server cannot be reached', { cause: error });
  }
  onReach(true);
  if (!response.ok) {
    const error = new ApiError(problemOf(response.status, await response.text()));
    // A wrong password at log-in is an answer, not the end of a session.
    if ((error.status === 401 && !path.startsWith('/session')) || error.passwordChangeRequired) onRefused(error);
    throw error;
  }
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** A search: filter text and a span; `to` is exclusive, an absent end is open. */
export interface Search {
  q?: string;
  from?: string;
  to?: string;
}

const search = ({ q, from, to }: Search): Parameters => ({ q, from, to });

/** A part of a list that goes on by cursor. */
export interface Part {
  cursor?: string;
  limit?: number;
}

/** What a filter chooses; events, where it is not said. */
export type FilterOf = 'events' | 'binaries' | 'devices';

export type Order = 'asc' | 'desc';

export type ExportFormat = 'csv' | 'ndjson';

/** A span, and the stations it is about; absent: all. */
export interface Span {
  station?: number[];
  from?: string;
  to?: string;
}

/** Gaps that touch a span. */
export interface GapFilter extends Span {
  cause?: GapCause;
}

/** Records of USB devices. */
export interface DeviceEventFilter extends Search {
  station?: number;
  device?: number;
}

export interface TaskFilter {
  station?: number;
  state?: TaskState;
}

/** Updates of agents. */
export interface UpdateFilter {
  station?: number;
  state?: UpdateState;
}

/** What somebody did, exactly named. */
export interface AuditFilter {
  action?: string;
  who?: string;
}

/** A binary by its number, or by a whole SHA-256, SHA-1 or MD5 in hex. */
export type BinaryName = number | string;

const binary = (id: BinaryName) => `/binaries/${encodeURIComponent(id)}`;

export const api = {
  session: (signal?: AbortSignal) => request<Session>('/session', { signal }),
  logIn: (name: string, password: string) => request<Session>('/session', { method: 'POST', body: { name, password } }),
  logOut: () => request<void>('/session', { method: 'DELETE' }),
  changePassword: (current: string, next: string) =>
    request<void>('/session/password', { method: 'PUT', body: { current, new: next } }),

  events: (of: Search, page: { cursor?: string; limit?: number; order?: 'asc' | 'desc' }, signal?: AbortSignal) =>
    request<EventPage>('/events', { parameters: { ...search(of), ...page }, signal }),
  eventCount: (of: Search, signal?: AbortSignal) =>
    request<EventCount>('/events/count', { parameters: search(of), signal }),
  histogram: (of: Search, buckets: number, signal?: AbortSignal) =>
    request<Histogram>('/events/histogram', { parameters: { ...search(of), buckets }, signal }),
  facets: (of: Search, fields: readonly string[], page: { limit?: number; order?: Order }, signal?: AbortSignal) =>
    request<Facets>('/events/facets', { parameters: { ...search(of), field: fields, ...page }, signal }),
  eventExport: (of: Search, format: ExportFormat) => address('/events/export', { ...search(of), format }),
  liveAddress: (q: string | undefined, after: string) => address('/events/live', { q, after }),

  process: (id: string, signal?: AbortSignal) => request<EventRow>(`/processes/${encodeURIComponent(id)}`, { signal }),
  ancestors: (id: string, signal?: AbortSignal) =>
    request<{ ancestors: Ancestor[] }>(`/processes/${encodeURIComponent(id)}/ancestors`, { signal }),
  tree: (id: string, page: Part & { depth?: number }, signal?: AbortSignal) =>
    request<TreePage>(`/processes/${encodeURIComponent(id)}/tree`, { parameters: { ...page }, signal }),

  binaries: (of: { q?: string; sort?: BinarySort; order?: Order }, page: Part, signal?: AbortSignal) =>
    request<BinaryPage>('/binaries', { parameters: { ...of, ...page }, signal }),
  binaryCount: (q: string | undefined, signal?: AbortSignal) =>
    request<BinaryCount>('/binaries/count', { parameters: { q }, signal }),
  binaryHistogram: (of: Search, buckets: number, signal?: AbortSignal) =>
    request<Histogram>('/binaries/histogram', { parameters: { ...search(of), buckets }, signal }),
  binaryFacets: (q: string | undefined, fields: readonly string[], limit: number, signal?: AbortSignal) =>
    request<Facets>('/binaries/facets', { parameters: { q, field: fields, limit }, signal }),
  binaryExport: (of: { q?: string; sort?: BinarySort; order?: Order }, format: ExportFormat) =>
    address('/binaries/export', { ...of, format }),
  binary: (id: BinaryName, signal?: AbortSignal) => request<Binary>(binary(id), { signal }),
  binaryStations: (id: BinaryName, page: Part, signal?: AbortSignal) =>
    request<BinaryStationPage>(`${binary(id)}/stations`, { parameters: { ...page }, signal }),
  binaryUsers: (id: BinaryName, limit?: number, signal?: AbortSignal) =>
    request<BinaryUserList>(`${binary(id)}/users`, { parameters: { limit }, signal }),
  binaryParents: (id: BinaryName, limit?: number, signal?: AbortSignal) =>
    request<LaunchList>(`${binary(id)}/parents`, { parameters: { limit }, signal }),
  binaryChildren: (id: BinaryName, limit?: number, signal?: AbortSignal) =>
    request<LaunchList>(`${binary(id)}/children`, { parameters: { limit }, signal }),

  devices: (of: { q?: string; sort?: DeviceSort; order?: Order }, page: Part, signal?: AbortSignal) =>
    request<DevicePage>('/devices', { parameters: { ...of, ...page }, signal }),
  deviceCount: (q: string | undefined, signal?: AbortSignal) =>
    request<BinaryCount>('/devices/count', { parameters: { q }, signal }),
  deviceExport: (of: { q?: string; sort?: DeviceSort; order?: Order }, format: ExportFormat) =>
    address('/devices/export', { ...of, format }),
  device: (id: number, signal?: AbortSignal) => request<WholeDevice>(`/devices/${id}`, { signal }),
  deviceStations: (id: number, page: Part, signal?: AbortSignal) =>
    request<DeviceStationPage>(`/devices/${id}/stations`, { parameters: { ...page }, signal }),
  deviceEvents: (of: DeviceEventFilter, page: Part & { order?: Order }, signal?: AbortSignal) =>
    request<DeviceEventPage>('/device-events', { parameters: { ...of, ...page }, signal }),
  deviceEventCount: (of: DeviceEventFilter, signal?: AbortSignal) =>
    request<DeviceEventCount>('/device-events/count', { parameters: { ...of }, signal }),
  deviceEventExport: (of: DeviceEventFilter, format: ExportFormat) =>
    address('/device-events/export', { ...of, format }),

  fields: (signal?: AbortSignal, of?: FilterOf) =>
    request<{ fields: QueryField[] }>('/query/fields', { parameters: { of }, signal }),
  values: (field: string, prefix: string, limit: number, signal?: AbortSignal, of?: FilterOf) =>
    request<{ values: QueryValue[] }>('/query/values', { parameters: { field, prefix, limit, of }, signal }),
  check: (q: string, signal?: AbortSignal, of?: FilterOf) =>
    request<QueryCheck>('/query/check', { parameters: { q, of }, signal }),

  stations: (page: Part & StationFilter & { sort?: StationSort; order?: Order }, signal?: AbortSignal) =>
    request<StationPage>('/stations', { parameters: { ...page }, signal }),
  /** Those that enrolled with a key, the newest first. */
  keyStations: (key: number, limit: number, signal?: AbortSignal) =>
    request<StationPage>('/stations', {
      parameters: { enrolment_key_id: key, sort: 'enrolled', order: 'desc', limit },
      signal,
    }),
  stationFacets: (of: StationFilter, fields: readonly StationFacetField[], limit: number, signal?: AbortSignal) =>
    request<Facets>('/stations/facets', { parameters: { ...of, field: fields, limit }, signal }),
  stationExport: (of: StationFilter, format: ExportFormat) => address('/stations/export', { ...of, format }),
  station: (id: number, signal?: AbortSignal) => request<Station>(`/stations/${id}`, { signal }),
  stationBinaries: (id: number, page: Part, signal?: AbortSignal) =>
    request<BinaryPage>(`/stations/${id}/binaries`, { parameters: { ...page }, signal }),
  stationUsers: (id: number, limit?: number, signal?: AbortSignal) =>
    request<StationUserList>(`/stations/${id}/users`, { parameters: { limit }, signal }),
  stationDevices: (id: number, page: Part, signal?: AbortSignal) =>
    request<StationDevicePage>(`/stations/${id}/devices`, { parameters: { ...page }, signal }),
  changeStation: (id: number, change: { name?: string; labels?: string[] }) =>
    request<Station>(`/stations/${id}`, { method: 'PATCH', body: change }),
  retireStation: (id: number) => request<Station>(`/stations/${id}/retire`, { method: 'POST' }),
  restoreStation: (id: number) => request<Station>(`/stations/${id}/restore`, { method: 'POST' }),
  revokeStation: (id: number) => request<Station>(`/stations/${id}/revoke`, { method: 'POST' }),
  deleteStation: (id: number) => request<void>(`/stations/${id}`, { method: 'DELETE' }),

  pulse: (of: { from?: string; to?: string; station_id?: number; top?: number }, signal?: AbortSignal) =>
    request<Pulse>('/pulse', { parameters: { ...of }, signal }),
  gaps: (of: GapFilter, page: Part, signal?: AbortSignal) =>
    request<GapPage>('/gaps', { parameters: { ...of, ...page }, signal }),
  coverage: (of: Span & { bands?: number }, signal?: AbortSignal) =>
    request<CoverageReport>('/coverage', { parameters: { ...of }, signal }),

  tasks: (of: TaskFilter, page: Part, signal?: AbortSignal) =>
    request<TaskPage>('/tasks', { parameters: { ...of, ...page }, signal }),
  task: (id: number, signal?: AbortSignal) => request<Task>(`/tasks/${id}`, { signal }),
  addTask: (station: number, body: TaskDraft) => request<Task>(`/stations/${station}/tasks`, { method: 'POST', body }),
  cancelTask: (id: number) => request<Task>(`/tasks/${id}/cancel`, { method: 'POST' }),
  file: (sha256: string, signal?: AbortSignal) => request<StoredFile>(`/files/${sha256}`, { signal }),
  fileContent: (sha256: string) => address(`/files/${sha256}/content`),

  enrolmentKeys: (signal?: AbortSignal) => request<{ keys: EnrolmentKey[] }>('/enrolment-keys', { signal }),
  addEnrolmentKey: (body: EnrolmentKeyDraft) => request<NewEnrolmentKey>('/enrolment-keys', { method: 'POST', body }),
  revokeEnrolmentKey: (id: number) => request<void>(`/enrolment-keys/${id}/revoke`, { method: 'POST' }),
  deleteEnrolmentKey: (id: number) => request<void>(`/enrolment-keys/${id}`, { method: 'DELETE' }),

  clients: (signal?: AbortSignal) => request<Clients>('/clients', { signal }),
  makeClient: (body: ClientDraft) => request<MadeClient>('/clients', { method: 'POST', body }),
  checkClientAddress: (server: string, signal?: AbortSignal) =>
    request<AddressCheck>('/clients/check-address', { method: 'POST', body: { server }, signal }),
  addServerName: (name: string) =>
    request<{ names: ServerName[] }>('/clients/names', { method: 'POST', body: { name } }),
  removeServerName: (name: string) =>
    request<{ names: ServerName[] }>(`/clients/names/${encodeURIComponent(name)}`, { method: 'DELETE' }),

  updates: (signal?: AbortSignal) => request<Updates>('/updates', { signal }),
  changeUpdates: (body: UpdateDraft) => request<Updates>('/updates', { method: 'PUT', body }),
  pauseUpdates: () => request<Updates>('/updates/pause', { method: 'POST' }),
  resumeUpdates: (body: UpdateResume) => request<Updates>('/updates/resume', { method: 'POST', body }),
  stationUpdates: (of: UpdateFilter, page: Part, signal?: AbortSignal) =>
    request<StationUpdatePage>('/updates/stations', { parameters: { ...of, ...page }, signal }),

  audit: (of: AuditFilter, page: Part, signal?: AbortSignal) =>
    request<AuditPage>('/audit', { parameters: { ...of, ...page }, signal }),

  overview: (signal?: AbortSignal) => request<Overview>('/overview', { signal }),

  searches: (signal?: AbortSignal) => request<SavedSearchList>('/searches', { signal }),
  savedSearch: (id: number, signal?: AbortSignal) => request<SavedSearch>(`/searches/${id}`, { signal }),
  addSearch: (body: SavedSearchDraft) => request<SavedSearch>('/searches', { method: 'POST', body }),
  changeSearch: (id: number, change: Partial<SavedSearchDraft>) =>
    request<SavedSearch>(`/searches/${id}`, { method: 'PATCH', body: change }),
  deleteSearch: (id: number) => request<void>(`/searches/${id}`, { method: 'DELETE' }),

  imports: (signal?: AbortSignal) => request<ImportList>('/imports', { signal }),
  import: (id: number, signal?: AbortSignal) => request<Import>(`/imports/${id}`, { signal }),

  users: (signal?: AbortSignal) => request<{ users: User[] }>('/users', { signal }),
  addUser: (name: string, role: Role) =>
    request<{ user: User; one_time_password: string }>('/users', { method: 'POST', body: { name, role } }),
  changeUser: (id: number, change: { role?: Role; disabled?: boolean }) =>
    request<void>(`/users/${id}`, { method: 'PATCH', body: change }),
  resetPassword: (id: number) =>
    request<{ one_time_password: string }>(`/users/${id}/reset-password`, { method: 'POST' }),
  deleteUser: (id: number) => request<void>(`/users/${id}`, { method: 'DELETE' }),

  tokens: (signal?: AbortSignal) => request<{ tokens: Token[] }>('/tokens', { signal }),
  addToken: (body: { name: string; role: Role; expires?: string }) =>
    request<{ secret: string }>('/tokens', { method: 'POST', body }),
  deleteToken: (id: number) => request<void>(`/tokens/${id}`, { method: 'DELETE' }),

  status: (signal?: AbortSignal) => request<Status>('/status', { signal }),
  demo: (signal?: AbortSignal) => request<Demo>('/demo', { signal }),
  removeDemo: () => request<{ removed: number }>('/demo', { method: 'DELETE' }),
};
