import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { I18nProvider } from '@/app/i18n';
import { en } from '@/app/i18n/en';
import { Demo } from './Demo';

/** A server with so many stations of the demo, which are gone once `finish` is called. */
function serve(stations: number) {
  const asked: string[] = [];
  let finish: (answer: Response) => void = () => {};
  vi.stubGlobal('fetch', async (path: string, { method = 'GET' }: RequestInit = {}) => {
    asked.push(`${method} ${path}`);
    if (method === 'DELETE') return new Promise<Response>((resolve) => (finish = resolve));
    return Response.json({ running: true, stations, processes: stations * 1000 });
  });
  return {
    asked,
    leave: (left: number) => {
      stations = left;
    },
    finish: (answer: Response) => finish(answer),
  };
}

function show() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const page = (
    <MantineProvider env="test">
      <I18nProvider first={{ language: 'en', texts: en }}>
        <QueryClientProvider client={client}>
          <Demo />
        </QueryClientProvider>
      </I18nProvider>
    </MantineProvider>
  );
  return { client, page, ...render(page) };
}

async function confirm() {
  fireEvent.click(await screen.findByRole('button', { name: 'Remove the demo…' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Remove the demo' }));
  dialog.getByText(/^3 stations .*3,000 processes/);
  fireEvent.click(dialog.getByRole('button', { name: 'Remove' }));
}

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('removes the demo once that is confirmed, and has all else read anew', async () => {
  const server = serve(3);
  const { client } = show();
  client.setQueryData(['stations'], []);
  client.setQueryData(['session'], {});
  await confirm();
  await screen.findByRole('progressbar', { name: 'Removing the demo' });
  expect(server.asked.filter((each) => each.startsWith('DELETE'))).toHaveLength(1);
  server.leave(1);
  await screen.findByText(/^1 station left/, {}, { timeout: 3_000 });
  expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('67');
  server.leave(0);
  server.finish(Response.json({ removed: 3 }));
  await screen.findByText(/^The demo is removed: 3 stations/);
  expect(screen.queryByRole('button', { name: 'Remove the demo…' })).toBeNull();
  expect(client.getQueryState(['stations'])?.isInvalidated).toBe(true);
  expect(client.getQueryState(['session'])?.isInvalidated).toBe(true);
});

it('tells of a removal that goes on to whoever left and comes back', async () => {
  serve(3);
  const { page, unmount, client } = show();
  await confirm();
  await screen.findByRole('progressbar');
  unmount();
  render(page);
  await screen.findByRole('progressbar');
  expect(client.isMutating()).toBe(1);
});

it('says why it failed, and can be asked again', async () => {
  const server = serve(3);
  show();
  await confirm();
  await screen.findByRole('progressbar');
  server.finish(Response.json({ status: 503, detail: 'the database is away' }, { status: 503 }));
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toContain('the database is away');
  await confirm();
  await screen.findByRole('progressbar');
  expect(screen.queryByRole('alert')).toBeNull();
});

it('offers nothing where there is no demo', async () => {
  serve(0);
  show();
  await screen.findByText('This server has no stations of the demo.');
  expect(screen.queryByRole('button')).toBeNull();
});
