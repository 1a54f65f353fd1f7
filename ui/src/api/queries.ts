import { infiniteQueryOptions, QueryClient, queryOptions } from '@tanstack/react-query';
import { ApiError, api, type Search } from './client';

export const pageSize = 200;

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: false,
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
  process: (id: string) =>
    queryOptions({ queryKey: ['process', id], queryFn: ({ signal }) => api.process(id, signal) }),
  ancestors: (id: string) =>
    queryOptions({ queryKey: ['process', id, 'ancestors'], queryFn: ({ signal }) => api.ancestors(id, signal) }),
  descendants: (id: string, limit: number) =>
    infiniteQueryOptions({
      queryKey: ['process', id, 'descendants', limit],
      queryFn: ({ pageParam, signal }) => api.descendants(id, { limit, cursor: pageParam }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  fields: () =>
    queryOptions({
      queryKey: ['query', 'fields'],
      queryFn: ({ signal }) => api.fields(signal),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  values: (field: string, prefix: string) =>
    queryOptions({
      queryKey: ['query', 'values', field, prefix],
      queryFn: ({ signal }) => api.values(field, prefix, 12, signal),
    }),
  check: (q: string) =>
    queryOptions({
      queryKey: ['query', 'check', q],
      queryFn: ({ signal }) => api.check(q, signal),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  stations: (search: string) =>
    infiniteQueryOptions({
      queryKey: ['stations', search],
      queryFn: ({ pageParam, signal }) => api.stations({ search, limit: pageSize, cursor: pageParam }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  imports: () => queryOptions({ queryKey: ['imports'], queryFn: ({ signal }) => api.imports(signal) }),
  users: () => queryOptions({ queryKey: ['users'], queryFn: ({ signal }) => api.users(signal) }),
  tokens: () => queryOptions({ queryKey: ['tokens'], queryFn: ({ signal }) => api.tokens(signal) }),
  status: () => queryOptions({ queryKey: ['status'], queryFn: ({ signal }) => api.status(signal) }),
};
