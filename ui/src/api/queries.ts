import { infiniteQueryOptions, QueryClient, type QueryKey, queryOptions } from '@tanstack/react-query';
import {
  ApiError,
  type AuditFilter,
  api,
  type BinaryName,
  type DeviceEventFilter,
  type FilterOf,
  type GapFilter,
  type Order,
  type Search,
  type Span,
  type TaskFilter,
  type UpdateFilter,
} from './client';
import type { BinarySort, DeviceSort, Facets, StationFacetField, StationFilter, StationSort } from './types';

export const pageSize = 200;

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        // Without a network a request fails, and the page says so, in place of waiting for ever.
        networkMode: 'always',
        // A refusal will be refused again; only what may heal by itself is tried again.
        retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
        retryDelay: (attempt) => 500 * 2 ** attempt,
      },
    },
  });
}

export const queries = {
  session: () =>
    queryOptions({
      queryKey: ['session'],
      // Nobody being logged in is an answer, not a failure.
      queryFn: async ({ signal }) => {
        try {
          return await api.session(signal);
        } catch (error) {
          if (error instanceof ApiError && error.status === 401) return null;
          throw error;
        }
      },
      staleTime: 5 * 60_000,
      refetchOnWindowFocus: true,
    }),
  events: (of: Search, order: 'asc' | 'desc') =>
    infiniteQueryOptions({
      queryKey: ['events', 'rows', of, order],
      queryFn: ({ pageParam, signal }) => api.events(of, { cursor: pageParam, limit: pageSize, order }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
      // What is being read stays put: new rows come when they are asked for.
      staleTime: Number.POSITIVE_INFINITY,
    }),
  eventCount: (of: Search) =>
    queryOptions({ queryKey: ['events', 'count', of], queryFn: ({ signal }) => api.eventCount(of, signal) }),
  histogram: (of: Search, buckets: number) =>
    queryOptions({
      queryKey: ['events', 'histogram', of, buckets],
      queryFn: ({ signal }) => api.histogram(of, buckets, signal),
    }),
  /** The values with most events first; in ascending order those with fewest. */
  facets: (of: Search, fields: readonly string[], limit = 10, order: Order = 'desc') =>
    queryOptions<Facets>({
      queryKey: ['events', 'facets', of, fields, limit, order],
      queryFn: ({ signal }) => api.facets(of, fields, { limit, order }, signal),
    }),
  process: (id: string) =>
    queryOptions({ queryKey: ['process', id], queryFn: ({ signal }) => api.process(id, signal) }),
  ancestors: (id: string) =>
    queryOptions({ queryKey: ['process', id, 'ancestors'], queryFn: ({ signal }) => api.ancestors(id, signal) }),
  tree: (id: string, limit: number, depth?: number) =>
    infiniteQueryOptions({
      queryKey: ['process', id, 'tree', limit, depth],
      queryFn: ({ pageParam, signal }) => api.tree(id, { limit, depth, cursor: pageParam }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  binaries: (of: { q?: string; sort?: BinarySort; order?: Order }) =>
    infiniteQueryOptions({
      queryKey: ['binaries', 'rows', of],
      queryFn: ({ pageParam, signal }) => api.binaries(of, { cursor: pageParam, limit: pageSize }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  binaryCount: (q?: string) =>
    queryOptions({ queryKey: ['binaries', 'count', q], queryFn: ({ signal }) => api.binaryCount(q, signal) }),
  binaryHistogram: (of: Search, buckets: number) =>
    queryOptions({
      queryKey: ['binaries', 'histogram', of, buckets],
      queryFn: ({ signal }) => api.binaryHistogram(of, buckets, signal),
    }),
  binaryFacets: (q: string | undefined, fields: readonly string[], limit = 10) =>
    queryOptions<Facets>({
      queryKey: ['binaries', 'facets', q, fields, limit],
      queryFn: ({ signal }) => api.binaryFacets(q, fields, limit, signal),
    }),
  binary: (id: BinaryName) =>
    queryOptions({ queryKey: ['binary', id], queryFn: ({ signal }) => api.binary(id, signal) }),
  binaryStations: (id: BinaryName) =>
    infiniteQueryOptions({
      queryKey: ['binary', id, 'stations'],
      queryFn: ({ pageParam, signal }) => api.binaryStations(id, { cursor: pageParam, limit: pageSize }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  binaryUsers: (id: BinaryName, limit?: number) =>
    queryOptions({
      queryKey: ['binary', id, 'users', limit],
      queryFn: ({ signal }) => api.binaryUsers(id, limit, signal),
    }),
  binaryParents: (id: BinaryName, limit?: number) =>
    queryOptions({
      queryKey: ['binary', id, 'parents', limit],
      queryFn: ({ signal }) => api.binaryParents(id, limit, signal),
    }),
  binaryChildren: (id: BinaryName, limit?: number) =>
    queryOptions({
      queryKey: ['binary', id, 'children', limit],
      queryFn: ({ signal }) => api.binaryChildren(id, limit, signal),
    }),
  devices: (of: { q?: string; sort?: DeviceSort; order?: Order }) =>
    infiniteQueryOptions({
      queryKey: ['devices', 'rows', of],
      queryFn: ({ pageParam, signal }) => api.devices(of, { cursor: pageParam, limit: pageSize }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  deviceCount: (q?: string) =>
    queryOptions({ queryKey: ['devices', 'count', q], queryFn: ({ signal }) => api.deviceCount(q, signal) }),
  device: (id: number) => queryOptions({ queryKey: ['device', id], queryFn: ({ signal }) => api.device(id, signal) }),
  deviceStations: (id: number) =>
    infiniteQueryOptions({
      queryKey: ['device', id, 'stations'],
      queryFn: ({ pageParam, signal }) => api.deviceStations(id, { cursor: pageParam, limit: pageSize }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  /** The newest records of one device; the answer says when there are older ones. */
  deviceTrail: (id: number, limit: number) =>
    queryOptions({
      queryKey: ['device', id, 'trail', limit],
      queryFn: ({ signal }) => api.deviceEvents({ device: id }, { limit }, signal),
    }),
  deviceEvents: (of: DeviceEventFilter, order: Order) =>
    infiniteQueryOptions({
      queryKey: ['device-events', 'rows', of, order],
      queryFn: ({ pageParam, signal }) => api.deviceEvents(of, { cursor: pageParam, limit: pageSize, order }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  deviceEventCount: (of: DeviceEventFilter) =>
    queryOptions({
      queryKey: ['device-events', 'count', of],
      queryFn: ({ signal }) => api.deviceEventCount(of, signal),
    }),
  /** The fields of a filter of events, of binaries or of devices. */
  fields: (of?: FilterOf) =>
    queryOptions({
      queryKey: ['query', 'fields', of],
      queryFn: ({ signal }) => api.fields(signal, of),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  values: (field: string, prefix: string, of?: FilterOf) =>
    queryOptions({
      queryKey: ['query', 'values', field, prefix, of],
      queryFn: ({ signal }) => api.values(field, prefix, 12, signal, of),
    }),
  check: (q: string, of?: FilterOf) =>
    queryOptions({
      queryKey: ['query', 'check', q, of],
      queryFn: ({ signal }) => api.check(q, signal, of),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  stations: (search: string, by: Omit<StationFilter, 'search'> & { sort?: StationSort; order?: Order } = {}) =>
    infiniteQueryOptions({
      queryKey: ['stations', search, by],
      queryFn: ({ pageParam, signal }) => api.stations({ search, ...by, limit: pageSize, cursor: pageParam }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  keyStations: (key: number, limit: number) =>
    queryOptions({
      queryKey: ['stations', 'of key', key, limit],
      queryFn: ({ signal }) => api.keyStations(key, limit, signal),
    }),
  stationFacets: (of: StationFilter, fields: readonly StationFacetField[], limit = 10) =>
    queryOptions<Facets>({
      queryKey: ['stations', 'facets', of, fields, limit],
      queryFn: ({ signal }) => api.stationFacets(of, fields, limit, signal),
    }),
  station: (id: number) =>
    queryOptions({ queryKey: ['station', id], queryFn: ({ signal }) => api.station(id, signal) }),
  stationBinaries: (id: number) =>
    infiniteQueryOptions({
      queryKey: ['station', id, 'binaries'],
      queryFn: ({ pageParam, signal }) => api.stationBinaries(id, { cursor: pageParam, limit: pageSize }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  stationUsers: (id: number, limit?: number) =>
    queryOptions({
      queryKey: ['station', id, 'users', limit],
      queryFn: ({ signal }) => api.stationUsers(id, limit, signal),
    }),
  stationDevices: (id: number) =>
    infiniteQueryOptions({
      queryKey: ['station', id, 'devices'],
      queryFn: ({ pageParam, signal }) => api.stationDevices(id, { cursor: pageParam, limit: pageSize }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  pulse: (of: { from?: string; to?: string; station_id?: number; top?: number }) =>
    queryOptions({ queryKey: ['pulse', of], queryFn: ({ signal }) => api.pulse(of, signal) }),
  gaps: (of: GapFilter, limit = pageSize) =>
    infiniteQueryOptions({
      queryKey: ['gaps', of, limit],
      queryFn: ({ pageParam, signal }) => api.gaps(of, { limit, cursor: pageParam }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  coverage: (of: Span & { bands?: number }) =>
    queryOptions({ queryKey: ['coverage', of], queryFn: ({ signal }) => api.coverage(of, signal) }),
  tasks: (of: TaskFilter) =>
    infiniteQueryOptions({
      queryKey: ['tasks', 'rows', of],
      queryFn: ({ pageParam, signal }) => api.tasks(of, { limit: pageSize, cursor: pageParam }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  task: (id: number) => queryOptions({ queryKey: ['tasks', id], queryFn: ({ signal }) => api.task(id, signal) }),
  file: (sha256: string) =>
    queryOptions({ queryKey: ['file', sha256], queryFn: ({ signal }) => api.file(sha256, signal) }),
  enrolmentKeys: () =>
    queryOptions({ queryKey: ['enrolment-keys'], queryFn: ({ signal }) => api.enrolmentKeys(signal) }),
  clients: () => queryOptions({ queryKey: ['clients'], queryFn: ({ signal }) => api.clients(signal) }),
  clientAddress: (server: string) =>
    queryOptions({
      queryKey: ['clients', 'address', server],
      queryFn: ({ signal }) => api.checkClientAddress(server, signal),
    }),
  updates: () => queryOptions({ queryKey: ['updates'], queryFn: ({ signal }) => api.updates(signal) }),
  stationUpdates: (of: UpdateFilter) =>
    infiniteQueryOptions({
      queryKey: ['updates', 'stations', of],
      queryFn: ({ pageParam, signal }) => api.stationUpdates(of, { limit: 100, cursor: pageParam }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  audit: (of: AuditFilter) =>
    infiniteQueryOptions({
      queryKey: ['audit', of],
      queryFn: ({ pageParam, signal }) => api.audit(of, { limit: pageSize, cursor: pageParam }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  overview: () => queryOptions({ queryKey: ['overview'], queryFn: ({ signal }) => api.overview(signal) }),
  searches: () => queryOptions({ queryKey: ['searches'], queryFn: ({ signal }) => api.searches(signal) }),
  savedSearch: (id: number) =>
    queryOptions({ queryKey: ['searches', id], queryFn: ({ signal }) => api.savedSearch(id, signal) }),
  imports: () => queryOptions({ queryKey: ['imports'], queryFn: ({ signal }) => api.imports(signal) }),
  users: () => queryOptions({ queryKey: ['users'], queryFn: ({ signal }) => api.users(signal) }),
  tokens: () => queryOptions({ queryKey: ['tokens'], queryFn: ({ signal }) => api.tokens(signal) }),
  status: () => queryOptions({ queryKey: ['status'], queryFn: ({ signal }) => api.status(signal) }),
  demo: () => queryOptions({ queryKey: ['demo'], queryFn: ({ signal }) => api.demo(signal) }),
};

/** Chooses what changes when stations and events come or go: all but who is logged in, and how filters are read. */
export const ofRecords = {
  predicate: ({ queryKey }: { queryKey: QueryKey }) => queryKey[0] !== 'session' && queryKey[0] !== 'query',
};
