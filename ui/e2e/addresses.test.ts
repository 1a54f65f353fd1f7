import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, logIn, open, url } from './browser';
import { followRequests } from './page';

/** A small office of last January: of what is long past the page says the same today and tomorrow. */
const day = Date.UTC(2026, 0, 12, 9);
const at = (second: number) => new Date(day + second * 1000).toISOString();
const programs = ['explorer', 'winword', 'cmd', 'whoami', 'net', 'ipconfig'];
const events = programs.map((name, i) => ({
  kind: 'start',
  time: at(i * 30),
  started: at(i * 30),
  station: 'ADDRESS-01',
  pid: 100 + i,
  image: `C:\\Addresses\\addr-${name}.exe`,
  command_line: `addr-${name}.exe /run ${i}`,
  user: i % 2 ? 'ADDRESS\\ann' : 'ADDRESS\\bob',
  sha256: `${i}`.repeat(64),
  boot_id: 7,
  process_seq: 100 + i,
  ...(i > 0
    ? { parent_pid: 99 + i, parent_process_seq: 99 + i, parent_image: `C:\\Addresses\\addr-${programs[i - 1]}.exe` }
    : {}),
}));

let browser: Browser;
/** The numbers of what was imported. */
let station: number;
let binary: number;
let process: string;
let parent: string;

beforeAll(async () => {
  browser = await launch();
  const { page } = await open(browser);
  await logIn(page);
  const get = async <T>(path: string) => (await (await page.request.get(`${url()}/api/v1${path}`)).json()) as T;
  const sent = await page.request.post(`${url()}/api/v1/imports?name=addresses.ndjson`, {
    headers: { 'Content-Type': 'application/octet-stream' },
    data: Buffer.from(events.map((event) => JSON.stringify(event)).join('\n')),
  });
  const { id } = (await sent.json()) as { id: number };
  while ((await get<{ state: string }>(`/imports/${id}`)).state !== 'done') await page.waitForTimeout(50);
  const found = await get<{ events: { process: string; station_id: number; binary_id: number; image: string }[] }>(
    `/events?${new URLSearchParams({ q: 'station:ADDRESS-01' })}`,
  );
  const of = (name: string) => found.events.find(({ image }) => image.endsWith(`addr-${name}.exe`))!;
  ({ station_id: station, binary_id: binary, process } = of('cmd'));
  parent = of('winword').process;
  await page.context().close();
});
afterAll(() => browser?.close());

/** For each page an address that says all it can, and what must be seen there. */
const addresses: [what: string, path: () => string, sees: string][] = [
  [
    'events: filter, span, order and an open process',
    () => {
      const q = 'station:ADDRESS-01 user:*bob';
      return `/events?${new URLSearchParams({ q, from: at(-60), to: at(900), order: 'asc', p: process })}`;
    },
    'addr-cmd.exe /run 2',
  ],
  [
    'events: stacked by a field, the commonest first',
    () => `/events?${new URLSearchParams({ q: 'station:ADDRESS-01', range: 'all', stack: 'user', rank: 'common' })}`,
    'ann',
  ],
  [
    'processes: filter, span and an open process',
    () => `/processes?${new URLSearchParams({ q: 'station:ADDRESS-01', from: at(-60), to: at(900), p: parent })}`,
    'addr-winword.exe',
  ],
  [
    'binaries: filter, sort and an open binary',
    () => `/binaries?${new URLSearchParams({ q: 'name:addr-*', sort: 'name', order: 'asc', b: String(binary) })}`,
    'addr-cmd.exe',
  ],
  ['a binary: a tab', () => `/binaries/${binary}?tab=facts`, 'addr-cmd.exe'],
  [
    'stations: search, sort and an open station',
    () =>
      `/stations?${new URLSearchParams({ search: 'ADDRESS', show: 'imported', sort: 'last_seen', s: String(station) })}`,
    'ADDRESS-01',
  ],
  ['a station: a span', () => `/stations/${station}?span=90d`, 'addr-whoami.exe'],
  ['a station: a tab and an open process', () => `/stations/${station}?tab=events&p=${process}`, 'addr-cmd.exe'],
  [
    'a process: a tab and what is found in the tree',
    () => `/processes/${process}?tab=around&around=30&find=whoami`,
    'addr-whoami.exe',
  ],
  ['settings: a section', () => '/settings?section=tokens', 'Add a token'],
];

/** What the reader sees: the text of the page, and what fields and switches say. */
async function seen(page: Page, sees: string, quiet: () => Promise<void>): Promise<{ text: string; state: string[] }> {
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  await page.locator('main').getByText(sees).first().waitFor();
  await quiet();
  return page.evaluate(() => ({
    text: document.querySelector('main')!.innerText.replace(/\s+/g, ' '),
    state: [
      document.title,
      ...[...document.querySelectorAll('input:not([type=file])')].map((field) => (field as HTMLInputElement).value),
      ...[...document.querySelectorAll('input:checked')].map((field) => (field as HTMLInputElement).value),
      ...[...document.querySelectorAll('[aria-selected=true], [aria-sort], [data-open]')].map(
        (element) => element.textContent ?? '',
      ),
    ],
  }));
}

it.each(addresses)('%s: shown again by reload, back, forward and elsewhere', async (_, path, sees) => {
  const { page, complaints } = await open(browser);
  const quiet = followRequests(page);
  await logIn(page, path());
  const shown = await seen(page, sees, quiet);
  const address = page.url();
  await page.reload();
  expect(await seen(page, sees, quiet), 'after a reload').toEqual(shown);

  // By the page's own link, so that the page is not loaded anew.
  await page.getByRole('link', { name: 'Import', exact: true }).click();
  await page.waitForURL('**/import');
  await page.goBack();
  expect(await seen(page, sees, quiet), 'after back').toEqual(shown);
  expect(page.url()).toBe(address);
  await page.goBack();
  await page.goForward();
  expect(await seen(page, sees, quiet), 'after forward').toEqual(shown);

  const other = await open(browser);
  const otherQuiet = followRequests(other.page);
  await logIn(other.page, address.slice(url().length));
  expect(await seen(other.page, sees, otherQuiet), 'elsewhere, after log-in').toEqual(shown);
  expect([...complaints, ...other.complaints]).toEqual([]);
  await other.page.context().close();
  await page.context().close();
});
