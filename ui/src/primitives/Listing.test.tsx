import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import { I18nProvider } from '@/app/i18n';
import { en } from '@/app/i18n/en';
import { Listing } from './Listing';
import type { Pages } from './usePages';

const pagesOf = (rows: string[], more: Partial<Pages<string>> = {}): Pages<string> => ({
  rows,
  loading: false,
  stale: false,
  fetchingMore: false,
  busy: false,
  error: null,
  ended: true,
  cut: false,
  more: () => {},
  goOn: () => {},
  stop: () => {},
  ...more,
});

interface Shown {
  pages: Pages<string>;
  open?: string;
  news?: number;
}

function show({ pages, open, news = 0 }: Shown) {
  const on = { onOpen: vi.fn(), onShow: vi.fn(), refresh: vi.fn() };
  render(
    <MantineProvider env="test">
      <I18nProvider first={{ language: 'en', texts: en }}>
        <Listing
          id="test"
          label="Things"
          columns={[{ id: 'name', header: 'Name', width: 100, render: (row: string) => row }]}
          pages={pages}
          keyOf={(row) => row}
          hrefOf={() => undefined}
          question="q"
          open={open}
          onOpen={on.onOpen}
          beside={(key, row) => <aside>{`${key} lies open${row ? '' : ', not listed'}`}</aside>}
          news={{ count: news, text: `${news} new`, onShow: on.onShow }}
          refresh={on.refresh}
          failed="Not read"
          moreFailed="The rest was not read"
          refused={() => 'Faulty'}
          none={() => 'Nothing here'}
        />
      </I18nProvider>
    </MantineProvider>,
  );
  return on;
}

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('says why there are no rows', () => {
  const failed = new ApiError({ status: 500 });
  for (const [pages, want] of [
    [pagesOf([]), 'Nothing here'],
    [pagesOf([], { error: failed }), 'Not read'],
    [pagesOf([], { error: new ApiError({ status: 422 }) }), 'Faulty'],
    [pagesOf(['a'], { error: failed }), 'The rest was not read'],
  ] as const) {
    show({ pages });
    screen.getByText(want);
    cleanup();
  }
  show({ pages: pagesOf([], { loading: true }) });
  screen.getByRole('status', { name: 'Loading' });
  // What is asked anew is neither nothing nor a failure.
  cleanup();
  show({ pages: pagesOf([], { busy: true }) });
  expect(screen.queryByText('Nothing here')).toBeNull();
});

it('shows what the address says lies open, listed or not', () => {
  show({ pages: pagesOf(['a', 'b']), open: 'b' });
  screen.getByText('b lies open');
  cleanup();
  show({ pages: pagesOf(['a', 'b']), open: 'c' });
  screen.getByText('c lies open, not listed');
  cleanup();
  show({ pages: pagesOf(['a']) });
  expect(screen.queryByText(/lies open/)).toBeNull();
});

it('lets news wait over rows, and reads them at once where there is nothing to read', () => {
  const over = show({ pages: pagesOf(['a']), news: 3 });
  fireEvent.click(screen.getByRole('button', { name: '3 new' }));
  expect(over.onShow).toHaveBeenCalledOnce();
  expect(over.refresh).not.toHaveBeenCalled();
  cleanup();
  const empty = show({ pages: pagesOf([]), news: 3 });
  expect(empty.refresh).toHaveBeenCalled();
  expect(screen.queryByRole('button', { name: '3 new' })).toBeNull();
});
