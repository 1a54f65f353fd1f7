import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ClientPackage, Clients, EnrolmentKey, MadeClient, Station } from '@/api/types';
import { I18nProvider } from '@/app/i18n';
import { en } from '@/app/i18n/en';
import type { ClientSearch } from '@/app/search';
import { emptyDraft } from './draft';
import { MakeClient } from './MakeClient';

const kind = (id: string, format: ClientPackage['format'], system: ClientPackage['system']): ClientPackage => ({
  id,
  format,
  system,
  arch: 'amd64',
  version: 'v1',
  size: 1,
  signed: false,
  source: 'carried',
});
const clients: Clients = {
  version: 'v1',
  carried: true,
  notes: [],
  packages: [kind('windows-amd64-exe', 'exe', 'windows'), kind('linux-amd64-tar', 'tar', 'linux')],
  server: { address: '', host: 'jefe', port: 8444, listening: true, names: [{ name: 'jefe', added: false }] },
  authority: 'ab',
  sensors: { windows: ['etw', 'poll'], linux: ['ebpf'] },
  limits: { spool_least: 4 << 20, spool_most: 2 ** 40, download_minutes: 15, download_fetches: 25 },
  password: true,
};
const key = (id: number, name: string, state: EnrolmentKey['state'] = 'usable'): EnrolmentKey => ({
  id,
  name,
  state,
  labels: [],
  uses: 0,
  stations: 0,
  created: '2026-11-20T08:00:00Z',
  created_by: 'ana',
});

/** A server with these keys; what it is asked for is kept. */
function serve(keys: EnrolmentKey[], stations: Partial<Station>[] = []) {
  const asked: Record<string, unknown>[] = [];
  const read = { keys: 0 };
  const answer = (body: Record<string, unknown>): Response => {
    if (body.password !== 'right') {
      return Response.json({ status: 403, code: 'confirm_wrong', detail: 'the password is wrong' }, { status: 403 });
    }
    const made: MadeClient = {
      download: '/api/v1/clients/downloads/x',
      expires: new Date(Date.now() + 900_000).toISOString(),
      fetches: 25,
      file_name: 'eljefe-agent-1-amd64.exe',
      size: 12 << 20,
      sha256: 'cd'.repeat(32),
      server: String(body.server),
      package: clients.packages[0]!,
      key: key(7, 'made'),
      secret: 'ejk_secret',
      commands: [{ id: 'silent', text: '.\\eljefe-agent-1-amd64.exe install', secret: false }],
    };
    keys.unshift(made.key);
    return Response.json(made);
  };
  vi.stubGlobal('fetch', async (path: string, { method = 'GET', body }: RequestInit = {}) => {
    if (path.endsWith('/clients') && method === 'POST') {
      const told = JSON.parse(String(body)) as Record<string, unknown>;
      asked.push(told);
      return answer(told);
    }
    if (path.includes('/enrolment-keys')) {
      read.keys++;
      return Response.json({ keys });
    }
    if (path.includes('/check-address')) return Response.json({ ok: true, covered: true, host: 'jefe' });
    if (path.includes('/facets')) return Response.json({ facets: [] });
    return Response.json({ stations });
  });
  return { asked, read };
}

const user = { id: 1, name: 'ana', role: 'administrator', must_change_password: false };

interface Address {
  search: ClientSearch;
}

/** The tab, with an address that is kept where a test can read it. */
function Page({ address }: { address: Address }) {
  const [search, setSearch] = useState(address.search);
  const [draft, setDraft] = useState(emptyDraft);
  address.search = search;
  return (
    <MakeClient
      clients={clients}
      search={search}
      go={(change) => setSearch((old) => ({ ...old, ...change }))}
      draft={draft}
      onDraft={(change) => setDraft((old) => ({ ...old, ...change }))}
    />
  );
}

function show(search: ClientSearch = {}) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(['session'], { user, server: { version: 'v1', demo: false } });
  const address: Address = { search };
  render(
    <MantineProvider env="test">
      <I18nProvider first={{ language: 'en', texts: en }}>
        <QueryClientProvider client={client}>
          <Page address={address} />
        </QueryClientProvider>
      </I18nProvider>
    </MantineProvider>,
  );
  return { client, address };
}

/** The stream of news, in which nothing comes but what a test says. */
class Stream extends EventTarget {
  static last: Stream | undefined;
  constructor() {
    super();
    Stream.last = this;
  }
  close() {}
}

const saved: string[] = [];
beforeEach(() => {
  saved.length = 0;
  vi.stubGlobal('EventSource', Stream);
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(`${this.pathname} as ${this.download}`);
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const password = () => screen.getByLabelText<HTMLInputElement>('Your password');
const make = () => screen.getByRole<HTMLButtonElement>('button', { name: 'Make and download' });
const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });

it('asks for what was chosen, saves the file, and keeps neither the password nor the secret in sight', async () => {
  const server = serve([]);
  const { client, address } = show();
  await screen.findByRole('radio', { name: 'Windows program' });
  type('Name or IP address', 'https://jefe.example.org:9443/');
  type('Name', 'office');
  type('Stations at most', '3');
  expect(make().disabled).toBe(true);
  type('Your password', 'wrong');
  fireEvent.click(make());
  await screen.findByText('The password is wrong.');
  type('Your password', 'right');
  fireEvent.click(make());

  const ready = within(await screen.findByRole('region', { name: 'Ready' }));
  ready.getByText('eljefe-agent-1-amd64.exe');
  ready.getByText('cd'.repeat(32));
  expect(saved).toEqual(['/api/v1/clients/downloads/x as eljefe-agent-1-amd64.exe']);
  expect(server.asked.at(-1)).toMatchObject({
    package: 'windows-amd64-exe',
    server: 'https://jefe.example.org:9443',
    new_key: { name: 'office', max_uses: 3, labels: [] },
  });
  screen.getByRole('region', { name: 'From a script' });
  expect(password().value).toBe('');
  expect(address.search.key).toBe(7);
  await waitFor(() => expect(screen.getByRole<HTMLSelectElement>('combobox', { name: 'Key' }).value).toBe('7'));
  expect(document.body.textContent).not.toContain('ejk_secret');
  const remembered = client
    .getMutationCache()
    .getAll()
    .map(({ state }) => state.variables);
  expect(remembered).toHaveLength(2);
  expect(JSON.stringify(remembered)).not.toContain('right');
});

it('reads the keys anew when one did not do, and makes nothing with one that lets nobody in', async () => {
  const keys = [key(1, 'office'), key(2, 'old', 'expired')];
  const server = serve(keys);
  show({ key: 1 });
  expect((await screen.findByRole<HTMLSelectElement>('combobox', { name: 'Key' })).value).toBe('1');
  // Only those are offered that let somebody in.
  expect(within(screen.getByRole('combobox', { name: 'Key' })).getAllByRole('option')).toHaveLength(1);
  keys[0] = key(1, 'office', 'revoked');
  const before = server.read.keys;
  type('Your password', 'wrong');
  fireEvent.click(make());
  await screen.findByText('This key was revoked. Choose another one, or make a new one.');
  expect(server.read.keys).toBeGreaterThan(before);
  expect(make().disabled).toBe(true);
});

it('shows a station when it comes, from the news alone', async () => {
  const stations: Partial<Station>[] = [];
  serve([key(1, 'office')], stations);
  show({ key: 1 });
  await screen.findByText('None yet');
  stations.push({
    id: 4,
    name: '\u202eACC-01',
    state: 'online',
    system: 'Windows 11',
    enrolled: new Date().toISOString(),
  });
  await waitFor(() => expect(Stream.last).toBeDefined());
  Stream.last!.dispatchEvent(new MessageEvent('stations', { data: '{"count":1}' }));
  const came = within(screen.getByRole('region', { name: 'Stations that came in' }));
  const line = within(await came.findByRole('listitem', {}, { timeout: 2_000 }));
  expect(line.getByRole('link').textContent).toBe('\\u202eACC-01');
  expect(line.getByRole('link').getAttribute('href')).toBe('/stations/4');
  line.getByText('Online');
});

it('has no password asked of who needs none, and no source left over from another system', async () => {
  const server = serve([]);
  clients.password = false;
  try {
    show();
    fireEvent.change(await screen.findByLabelText('Source of events'), { target: { value: 'etw' } });
    fireEvent.click(screen.getByRole('radio', { name: 'Linux archive' }));
    fireEvent.click(make());
    await waitFor(() => expect(server.asked).toHaveLength(1));
    expect(server.asked[0]).toMatchObject({ package: 'linux-amd64-tar' });
    expect(server.asked[0]).not.toHaveProperty('sensor');
  } finally {
    clients.password = true;
  }
});
