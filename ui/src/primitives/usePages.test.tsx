import { infiniteQueryOptions, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { expect, it, vi } from 'vitest';
import { type KeyPage, usePages } from './usePages';

interface Page extends KeyPage {
  rows: string[];
}

const rowsOf = (page: Page) => page.rows;
const keyOf = (row: string) => row;

function setUp(answer: (cursor: string | undefined, q: string) => Promise<Page>) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  return renderHook(
    ({ q }: { q: string }) =>
      usePages(
        infiniteQueryOptions({
          queryKey: ['rows', q] as readonly unknown[],
          queryFn: ({ pageParam }) => answer(pageParam, q),
          initialPageParam: undefined as string | undefined,
          getNextPageParam: (last: Page) => last.next,
        }) as Parameters<typeof usePages<Page, string>>[0],
        rowsOf,
        keyOf,
      ),
    { wrapper, initialProps: { q: 'a' } },
  );
}

it('follows the cursors to the end and shows no row twice', async () => {
  const pages: Record<string, Page> = {
    '': { rows: ['1', '2'], next: 'k2', complete: true },
    k2: { rows: ['2', '3'], complete: true },
  };
  const answer = vi.fn(async (cursor: string | undefined) => pages[cursor ?? '']!);
  const { result } = setUp(answer);
  await waitFor(() => expect(result.current.rows).toEqual(['1', '2']));
  expect(result.current.ended).toBe(false);
  act(() => {
    result.current.more();
    result.current.more();
  });
  await waitFor(() => expect(result.current.rows).toEqual(['1', '2', '3']));
  expect(result.current.ended).toBe(true);
  act(() => result.current.more());
  expect(answer.mock.calls.map(([cursor]) => cursor)).toEqual([undefined, 'k2']);
});

it('waits to be told to search further after a cut', async () => {
  const answer = vi.fn(
    async (cursor: string | undefined): Promise<Page> =>
      cursor
        ? { rows: ['old'], complete: true }
        : { rows: [], next: 'k', complete: false, searched_to: '2026-11-01T00:00:00Z' },
  );
  const { result } = setUp(answer);
  await waitFor(() => expect(result.current.cut).toBe(true));
  expect(result.current.searchedTo).toBe('2026-11-01T00:00:00Z');
  act(() => result.current.more());
  expect(answer).toHaveBeenCalledTimes(1);
  act(() => result.current.goOn());
  await waitFor(() => expect(result.current.rows).toEqual(['old']));
  expect(result.current.cut).toBe(false);
});

it('keeps old rows, marked as such, until the new ones are there', async () => {
  let release = (_: Page) => {};
  const { result, rerender } = setUp(async (_, q) =>
    q === 'a' ? { rows: ['old'], complete: true } : new Promise<Page>((resolve) => (release = resolve)),
  );
  await waitFor(() => expect(result.current.rows).toEqual(['old']));
  rerender({ q: 'b' });
  expect(result.current.rows).toEqual(['old']);
  expect(result.current.stale).toBe(true);
  await waitFor(() => expect(result.current.busy).toBe(true));
  act(() => release({ rows: ['new'], complete: true }));
  await waitFor(() => expect(result.current.rows).toEqual(['new']));
  expect(result.current.stale).toBe(false);
});

it('does not retry a failed page by itself', async () => {
  let fail = true;
  const answer = vi.fn(async (cursor: string | undefined): Promise<Page> => {
    if (!cursor) return { rows: ['1'], next: 'k', complete: true };
    if (fail) throw new Error('cut off');
    return { rows: ['2'], complete: true };
  });
  const { result } = setUp(answer);
  await waitFor(() => expect(result.current.rows).toEqual(['1']));
  act(() => result.current.more());
  await waitFor(() => expect(result.current.error?.message).toBe('cut off'));
  expect(result.current.rows).toEqual(['1']);
  act(() => result.current.more());
  expect(answer).toHaveBeenCalledTimes(2);
  fail = false;
  act(() => result.current.goOn());
  await waitFor(() => expect(result.current.rows).toEqual(['1', '2']));
});
