import { readFileSync } from 'node:fs';
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violations } from './axe';
import { launch, logIn, open, url } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

const rows = (page: Page) => page.getByRole('grid').locator('[role=row][aria-rowindex]:not([aria-rowindex="1"])');
const q = (page: Page) => new URL(page.url()).searchParams.get('q');

/** How many events the page says there are. */
async function counted(page: Page): Promise<number> {
  return Number(((await page.getByTestId('event-count').textContent()) ?? '').replaceAll(/\D/g, ''));
}

async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.querySelector('[role=grid]') && !document.querySelector('[aria-busy=true], [data-stale]'),
  );
}

async function openList(path: string) {
  const { page, complaints } = await open(browser);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  // The dialogue of the system cannot be answered from here: the download is the other way.
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await logIn(page, path);
  await rows(page).first().waitFor();
  await settled(page);
  return { page, complaints };
}

/** The address of events that no longer grow, and are few enough to be counted and exported: those of one station. */
function fewEvents(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const read = async (path: string, parameters: Record<string, string>) =>
      (await fetch(`/api/v1${path}?${new URLSearchParams(parameters)}`)).json();
    const { stations } = (await read('/stations', { sort: 'processes', order: 'desc' })) as {
      stations: { id: number }[];
    };
    const to = new Date(Date.now() - 600_000).toISOString();
    for (const { id } of stations) {
      const search = { from: '2020-01-01T00:00:00Z', to, q: `station_id:${id}` };
      const { count, at_least } = (await read('/events/count', search)) as { count: number; at_least: boolean };
      if (count > 0 && !at_least) return `/events?${new URLSearchParams(search)}`;
    }
    throw new Error('no station has events that can be counted');
  });
}

it('narrows a list by its top values, and remembers how they are arranged', async () => {
  const { page, complaints } = await openList('/events?range=all');
  const panel = page.getByRole('complementary', { name: 'Top values' });
  const users = panel.getByRole('region', { name: 'User' });
  const first = users.getByRole('listitem').first().getByRole('button').first();
  await first.click();
  await page.waitForURL((address) => address.searchParams.get('q')?.startsWith('user:') === true);
  await settled(page);
  expect(await users.getByRole('button', { pressed: true }).count()).toBe(1);

  // Once more takes it back; Alt turns it round.
  await users.getByRole('button', { pressed: true }).click();
  await page.waitForURL((address) => !address.searchParams.has('q'));
  await settled(page);
  await panel
    .getByRole('region', { name: 'Station' })
    .getByRole('listitem')
    .first()
    .getByRole('button')
    .first()
    .click({
      modifiers: ['Alt'],
    });
  await page.waitForURL((address) => address.searchParams.get('q')?.startsWith('-station:') === true);

  await users.getByRole('button', { name: 'User', exact: true }).click();
  await panel.getByRole('button', { name: 'Choose fields' }).click();
  await page.getByLabel('Kind kind').check();
  await page.keyboard.press('Escape');
  await page.reload();
  await settled(page);
  expect(await users.getByRole('button', { name: 'User', exact: true }).getAttribute('aria-expanded')).toBe('false');
  await panel.getByRole('region', { name: 'Kind' }).waitFor();
  await panel.getByRole('button', { name: 'Hide top values' }).click();
  await page.getByRole('button', { name: 'Show top values' }).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('stacks events by a field, the rarest first, and goes from a value to its events', async () => {
  const { page, complaints } = await openList('/events?range=all');
  await page.getByRole('button', { name: 'Stack by Program', exact: true }).click();
  await page.waitForURL((address) => address.searchParams.get('stack') === 'name');
  await page.getByRole('columnheader', { name: 'Events' }).waitFor();
  await settled(page);
  const counts = async () =>
    (await page.locator('[data-column=count]').allInnerTexts()).map((text) => Number(text.replaceAll(',', '')));
  const rarest = await counts();
  expect(rarest.length).toBeGreaterThan(5);
  expect(rarest).toEqual([...rarest].sort((a, b) => a - b));

  await page.getByRole('columnheader', { name: 'Events' }).getByRole('button').click();
  await page.waitForURL((address) => address.searchParams.get('rank') === 'common');
  await settled(page);
  const commonest = await counts();
  expect(commonest).toEqual([...commonest].sort((a, b) => b - a));

  const name = (await page.locator('[data-column=value]').first().textContent()) ?? '';
  await rows(page).first().click();
  await page.waitForURL((address) => !address.searchParams.has('stack') && address.searchParams.has('q'));
  expect(q(page)).toBe(`name:${name}`);
  await page.goBack();
  await page.waitForURL((address) => address.searchParams.get('stack') === 'name');
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('lists processes once each, and those that run by a switch that is a term of the filter', async () => {
  const { page, complaints } = await openList('/events?range=all');
  const few = await fewEvents(page);
  await page.goto(url() + few);
  await settled(page);
  const events = await counted(page);
  const of = q(page);
  await page.getByRole('link', { name: 'Processes' }).click();
  await page.waitForURL((address) => address.pathname === '/processes');
  await page.goto(page.url().replace(/\?.*/, '') + few.slice(few.indexOf('?')));
  await page.getByText(/^[\d,]+ processes$/).waitFor();
  await settled(page);
  const all = await counted(page);
  expect(all).toBeLessThan(events);
  expect(await page.title()).toBe(`${of} · Processes · El Jefe`);

  await page.getByText('Running now').click();
  await page.waitForURL((address) => address.searchParams.get('q') === `${of} running:true`);
  await settled(page);
  expect(await counted(page)).toBeLessThan(all);
  await page.getByRole('button', { name: 'Remove running:true' }).click();
  await page.waitForURL((address) => address.searchParams.get('q') === of);
  expect(await page.getByRole('radio', { name: 'All', exact: true }).isChecked()).toBe(true);
  // A row of the list before may not be in this one, and then has no next.
  await settled(page);

  await rows(page).first().click();
  await page.waitForURL((address) => address.pathname === '/processes' && address.searchParams.has('p'));
  // With a row open the arrows leaf through them, also after a click.
  const opened = new URL(page.url()).searchParams.get('p');
  await page.keyboard.press('ArrowDown');
  await page.waitForURL((address) => address.searchParams.get('p') !== opened);
  await page.keyboard.press('Escape');
  await page.waitForURL((address) => !address.searchParams.has('p'));
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('reaches every value by keyboard, and from its menu all it leads to', async () => {
  const { page } = await openList('/events?range=all');
  await page.getByRole('grid').focus();
  await page.keyboard.press('j');
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('m');
  const menu = page.getByRole('menu', { name: 'Value' });
  await menu.waitFor();
  expect(await menu.getByRole('menuitem', { name: 'Open its page' }).getAttribute('href')).toMatch(/^\/stations\/\d+$/);
  await menu.getByRole('menuitem', { name: 'Stack by this field' }).click();
  await page.waitForURL((address) => address.searchParams.get('stack') === 'station');
  await page.goBack();
  await page.getByRole('grid', { name: 'Events', exact: true }).waitFor();
  await settled(page);
  await page.keyboard.press('j');
  await page.keyboard.press('m');
  expect(await menu.getByRole('menuitem', { name: 'Open its page' }).getAttribute('href')).toMatch(/^\/binaries\/\d+$/);
  expect(await menu.getByRole('menuitem', { name: 'Open the process' }).getAttribute('href')).toMatch(/^\/processes\//);
  await page.context().close();
});

it('copies and filters by what is selected', async () => {
  const { page } = await openList('/processes?range=all');
  for (const key of ['j', 'x', 'j', 'x', 'j', 'x']) await page.keyboard.press(key);
  const bar = page.getByRole('toolbar', { name: 'Actions on the selected rows' });
  await bar.getByText('3 rows selected').waitFor();
  await bar.getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('menuitem', { name: 'Whole rows, as NDJSON' }).click();
  const lines = (await page.evaluate(() => navigator.clipboard.readText())).trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toHaveLength(3);
  await bar.getByRole('button', { name: 'Filter for these' }).click();
  await page.getByRole('menuitem', { name: 'Station' }).click();
  await page.waitForURL((address) => address.searchParams.get('q')?.startsWith('station:') === true);
  await settled(page);
  expect(await rows(page).count()).toBeGreaterThan(2);
  await page.context().close();
});

it('saves a search under a name, opens it by its link, changes and deletes it', async () => {
  const { page, complaints } = await openList('/processes?q=-signed%3Atrue&range=all');
  const name = `Unsigned ${Date.now()}`;
  const openMenu = () => page.getByRole('button', { name: 'Saved searches' }).click();
  await openMenu();
  await page.getByRole('button', { name: 'Save this search' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Description').fill('What nobody vouches for');
  await page.getByLabel('Share with everybody here').check();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText(`“${name}” is saved`).waitFor();

  await page.goto(`${url()}/events?range=7d`);
  await openMenu();
  await page.getByRole('button', { name: `Copy the link of ${name}` }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(/\/searches\/\d+$/);
  await page.getByRole('link', { name }).click();
  await page.waitForURL((address) => address.pathname === '/processes' && address.searchParams.get('range') === 'all');
  expect(q(page)).toBe('-signed:true');

  await page.goto(`${url()}/events?q=prevalence%3A1&range=7d`);
  await openMenu();
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  await page.getByLabel('Take over the present filter and time range').check();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText(`“${name}” is changed`).waitFor();
  await page.goto(link);
  await page.waitForURL((address) => address.pathname === '/events' && address.searchParams.get('range') === '7d');
  expect(q(page)).toBe('prevalence:1');

  await openMenu();
  await page.getByRole('button', { name: `Delete ${name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText(`“${name}” is deleted`).waitFor();
  await page.goto(link);
  await page.getByText('This saved search cannot be opened').waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('exports the whole result to a file, and tells how it goes', async () => {
  const { page, complaints } = await openList('/events?range=all');
  await page.goto(url() + (await fewEvents(page)));
  await settled(page);
  const count = await counted(page);
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'NDJSON' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^eljefe-events-\d{8}-\d{6}\.ndjson$/);
  expect(
    readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n'),
  ).toHaveLength(count);
  await page.locator('[data-testid=export-note][data-phase=done]').waitFor();

  await page.route('**/api/v1/events/export?*', (route) => route.abort());
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('menuitem', { name: 'CSV' }).click();
  await page.locator('[data-testid=export-note][data-phase=failed]').waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('says what failed and tries again; shows how far a long search is and stops it', async () => {
  const { page } = await openList('/events?range=all');
  let answer = (route: Route) => route.fulfill({ status: 503, json: { status: 503, detail: 'the database is away' } });
  await page.route('**/api/v1/events?*', (route) => answer(route));
  await page.goto(`${url()}/events?range=30d`);
  await page.getByText('The search failed').waitFor();
  // A search that finds nothing goes on by itself, a day at a time, until it is stopped.
  let searched = Date.now();
  answer = async (route) => {
    searched -= 86_400_000;
    const searched_to = new Date(searched).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await route.fulfill({ json: { events: [], complete: false, searched_to, next: searched_to } }).catch(() => {});
  };
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText(/Searched back to .+ · \d+ of \d+ days/).waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Search further' }).waitFor();
  const stopped = searched;
  await page.waitForTimeout(500);
  expect(searched).toBe(stopped);
  await page.context().close();
});

it('shows all of it without a complaint from axe, in both themes', async () => {
  const { page, complaints } = await openList('/processes?range=all');
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const path of ['/processes?range=all', '/events?range=all&stack=name', '/events?range=all&q=user%3Anobody']) {
      await page.goto(url() + path);
      await page.getByRole('complementary', { name: 'Top values' }).waitFor();
      await settled(page);
      expect(await violations(page), `${path}, ${scheme}`).toEqual([]);
    }
    await page.goto(`${url()}/events?range=all`);
    await rows(page).first().waitFor();
    for (const key of ['j', 'x']) await page.keyboard.press(key);
    await page.getByRole('button', { name: 'Saved searches' }).click();
    await page.getByRole('button', { name: 'Save this search' }).waitFor();
    expect(await violations(page), `saved searches, ${scheme}`).toEqual([]);
    await page.getByRole('button', { name: 'Save this search' }).click();
    await page.getByRole('dialog').getByLabel('Name').waitFor();
    expect(await violations(page), `saving, ${scheme}`).toEqual([]);
    await page.keyboard.press('Escape');
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('stays light with a hundred thousand rows', async () => {
  const { page } = await openList('/events?range=all');
  const [perPage, all] = [5_000, 100_000];
  await page.route('**/api/v1/events?*', (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0);
    const events = Array.from({ length: perPage }, (_, i) => {
      const time = new Date(Date.UTC(2026, 10, 20) - (from + i) * 1000).toISOString();
      return {
        id: `e${from + i}`,
        kind: 'start',
        time,
        started: time,
        station: 'ACC-07',
        station_id: 1,
        process: `p${from + i}`,
        pid: from + i,
        sensor: 'replay',
        origin: 'imported',
        image: `C:\\Windows\\System32\\${from + i}.exe`,
      };
    });
    const next = from + perPage < all ? String(from + perPage) : undefined;
    return route.fulfill({ json: { events, complete: true, next } });
  });
  await page.goto(`${url()}/events?range=all&q=name%3Ax`);
  await settled(page);
  for (let loaded = 0; loaded < all; ) {
    await page.getByRole('grid').press('End');
    loaded = Number(await rows(page).last().getAttribute('aria-rowindex')) - 1;
  }
  expect(await rows(page).count()).toBeLessThan(100);
  await page.getByRole('grid').press('Home');
  await rows(page).getByText('0.exe').first().waitFor();
  await page.getByLabel('Select all loaded rows').click();
  await page.getByText('100,000 rows selected').first().waitFor();
  await page.context().close();
});
