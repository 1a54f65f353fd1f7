import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { EventRow } from '@/api/types';
import { useTellCoverage } from '@/app/coverage';
import { indexTree, type TreeIndex, type TreeItem } from '@/primitives/TreeView/tree';
import { chainOf, itemOf } from './kin';

const pageSize = 2_000;
/** How many processes are read without being asked for. */
const readByItself = 10_000;

export interface Tree {
  /** Absent until the ancestors and the first page are there. */
  index: TreeIndex | undefined;
  /** How many processes below this one are loaded, and at least how many there are. */
  loaded: number;
  known: number;
  reading: boolean;
  /** More could be read, and waits to be asked for. */
  waits: boolean;
  error: Error | null;
  stop(): void;
  goOn(): void;
  /** Reads what one process started. */
  below(process: string): void;
  /** Brings a process of the tree in that is not loaded, with what lies between. */
  locate(process: string): void;
}

/** The family of a process: above all of it, below page by page, beside and deeper when asked for. */
export function useTree(row: EventRow): Tree {
  const id = row.process;
  const client = useQueryClient();
  const ancestors = useQuery(queries.ancestors(id));
  const parentId = row.parent_process || ancestors.data?.ancestors[0]?.process || undefined;
  const parent = useQuery({ ...queries.process(parentId ?? ''), enabled: parentId !== undefined });
  const main = useInfiniteQuery({
    ...queries.tree(id, pageSize),
    // What is being read stays put; and comparing thousands of processes with those of before costs more than drawing them.
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });
  const [halted, setHalted] = useState(false);
  const [all, setAll] = useState(false);
  const [extra, setExtra] = useState<TreeItem[][]>([]);
  const [failure, setFailure] = useState<{ error: Error; again(): void }>();

  const pages = main.data?.pages;
  useTellCoverage(pages?.[0]?.coverage, { from: row.started ?? row.time });
  const loaded = useMemo(() => pages?.reduce((sum, page) => sum + page.nodes.length, 0) ?? 0, [pages]);
  const known = useMemo(() => {
    const children = (sum: number, item: { children?: number }) => sum + (item.children ?? 0);
    return Math.max(loaded, pages?.flatMap((page) => page.nodes).reduce(children, row.children ?? 0) ?? 0);
  }, [pages, loaded, row.children]);

  const { fetchNextPage, hasNextPage, isFetching } = main;
  const goesOn = hasNextPage && !main.isError && !halted && (all || loaded < readByItself);
  useEffect(() => {
    if (goesOn && !isFetching) void fetchNextPage({ cancelRefetch: false });
  }, [goesOn, isFetching, fetchNextPage]);

  const settled = (query: { isPending: boolean; isError: boolean; fetchStatus: string }) =>
    !query.isPending || query.isError || query.fetchStatus === 'idle';
  const ready = settled(ancestors) && settled(parent) && (pages !== undefined || main.isError);
  const siblings = Math.max(0, (parent.data?.children ?? 0) - 1);
  const chain = useMemo(() => chainOf(row, ancestors.data?.ancestors ?? []), [row, ancestors.data]);
  const index = useMemo(
    () => (ready ? indexTree(chain, [...(pages ?? []).map((page) => page.nodes), ...extra], siblings) : undefined),
    [ready, chain, pages, extra, siblings],
  );

  const asked = useRef(new Map<string, { busy: boolean; next?: string }>());
  const read = useCallback(
    async (process: string) => {
      const state = asked.current.get(process);
      if (state?.busy || (state !== undefined && state.next === undefined)) return;
      const cursor = state?.next;
      asked.current.set(process, { busy: true });
      try {
        const page = await client.fetchQuery({
          queryKey: ['process', process, 'children', cursor],
          queryFn: ({ signal }) => api.tree(process, { limit: pageSize, depth: 1, cursor }, signal),
          staleTime: Number.POSITIVE_INFINITY,
          structuralSharing: false,
        });
        asked.current.set(process, { busy: false, next: page.next });
        setFailure(undefined);
        setExtra((old) => [...old, page.nodes]);
      } catch (error) {
        asked.current.set(process, { busy: true });
        const again = () => {
          if (cursor === undefined) asked.current.delete(process);
          else asked.current.set(process, { busy: false, next: cursor });
          void read(process);
        };
        setFailure({ error: error as Error, again });
      }
    },
    [client],
  );
  const beside = parentId;
  const below = useCallback(
    (process: string) => {
      // What comes with the pages is not asked for twice.
      if (process === beside || (!goesOn && !isFetching)) void read(process);
    },
    [read, beside, goesOn, isFetching],
  );

  const latest = useRef(index);
  latest.current = index;
  const locate = useCallback(
    async (process: string) => {
      const key = `locate ${process}`;
      if (asked.current.has(key)) return;
      asked.current.set(key, { busy: true });
      try {
        const [self, above] = await Promise.all([
          client.fetchQuery(queries.process(process)),
          client.fetchQuery(queries.ancestors(process)),
        ]);
        const line = [itemOf(self, above.ancestors[0]?.process || undefined)];
        for (const [i, each] of above.ancestors.entries()) {
          // A process of another tree than this has no place here.
          if (!each.process) return;
          if (latest.current?.byId.has(each.process)) break;
          line.unshift(itemOf({ ...each, process: each.process }, above.ancestors[i + 1]?.process));
        }
        setExtra((old) => [...old, line]);
      } catch {
        // It is no longer stored: the tree is shown without it.
      }
    },
    [client],
  );

  return {
    index,
    loaded,
    known,
    reading: isFetching && pages !== undefined,
    waits: hasNextPage && !goesOn && !isFetching,
    error: main.error ?? ancestors.error ?? failure?.error ?? null,
    stop: () => {
      setHalted(true);
      void client.cancelQueries({ queryKey: queries.tree(id, pageSize).queryKey });
    },
    goOn: () => {
      setHalted(false);
      setAll(true);
      if (ancestors.isError) void ancestors.refetch();
      if (main.isError) void (pages === undefined ? main.refetch() : fetchNextPage());
      failure?.again();
    },
    below,
    locate,
  };
}
