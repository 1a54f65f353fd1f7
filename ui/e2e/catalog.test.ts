import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violations } from './axe';
import { launch, logIn, open, url, user } from './browser';
import { rows as rowsOf, settled } from './page';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

it('opens with the overview, whose figures lead to what they count', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page);
  await page.waitForURL('**/overview');
  expect(await page.title()).toBe('Overview · El Jefe');
  await page
    .getByRole('list', { name: 'Needs a look' })
    .getByRole('link', { name: /^New binaries/ })
    .click();
  await page.waitForURL('**/binaries?q=*');
  await page.getByTestId('binary-count').waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('filters, sorts and opens binaries, all in the address', async () => {
  const { page } = await open(browser);
  await logIn(page, '/binaries');
  await settled(page);
  await page.getByRole('columnheader', { name: 'Runs' }).getByRole('button').click();
  await page.waitForURL((address) => address.searchParams.get('sort') === 'runs');
  await settled(page);
  const name = (await rowsOf(page).first().getByRole('link').first().textContent())!;

  await page.getByRole('grid').focus();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL((address) => address.searchParams.has('b'));
  await page.getByRole('complementary', { name }).getByRole('heading', { name, level: 2 }).waitFor();
  await page.keyboard.press('Escape');
  await page.waitForURL((address) => !address.searchParams.has('b'));

  await page.keyboard.press('/');
  await page.keyboard.type('prevalence:>0 nothing-is-called-this');
  await page.keyboard.press('Enter');
  await page.getByText('No binary matches the filter').waitFor();
  expect(new URL(page.url()).pathname).toBe('/binaries');

  // What is no field of binaries is found out before anything is searched.
  await page.keyboard.press('/');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('command_line:x');
  await page.keyboard.press('Enter');
  await page.locator('search [role=alert]').waitFor();
  expect(new URL(page.url()).searchParams.get('q')).toContain('nothing-is-called-this');
  await page.context().close();
});

it('narrows the binaries by their top values', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, '/binaries');
  await settled(page);
  const panel = page.getByRole('complementary', { name: 'Top values' });
  const signed = panel.getByRole('region', { name: 'Signed', exact: true });
  const value = signed.getByRole('listitem').first().getByRole('button').first();
  const count = Number((await value.textContent())!.replaceAll(/\D/g, ''));
  await value.click();
  await page.waitForURL((address) => address.searchParams.get('q')?.startsWith('signed:') === true);
  await settled(page);
  await expect
    .poll(async () => Number((await page.getByTestId('binary-count').textContent())!.replaceAll(/\D/g, '')))
    .toBe(count);
  expect(await signed.getByRole('button', { pressed: true }).count()).toBe(1);

  await signed.getByRole('button', { pressed: true }).click();
  await page.waitForURL((address) => !address.searchParams.has('q'));
  await panel.getByRole('button', { name: 'Hide top values' }).click();
  await page.reload();
  await page.getByRole('button', { name: 'Show top values' }).click();
  await panel.waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('exports all binaries, and all stations, to a file', async () => {
  const { page, complaints } = await open(browser);
  // The dialogue of the system cannot be answered from here: the download is the other way.
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await logIn(page, '/binaries?q=runs%3A%3E0');
  await settled(page);
  const save = async (format: 'NDJSON' | 'CSV') => {
    await page.getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: format }).click(),
    ]);
    await page.locator('[data-testid=export-note][data-phase=done]').first().waitFor();
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
  };
  const count = Number((await page.getByTestId('binary-count').textContent())!.replaceAll(/\D/g, ''));
  const binaries = await save('NDJSON');
  expect(binaries.name).toMatch(/^eljefe-binaries-\d{8}-\d{6}\.ndjson$/);
  const lines = binaries.text.trim().split('\n');
  expect(new Set(lines.map((line) => (JSON.parse(line) as { id: number }).id)).size).toBe(lines.length);
  expect(lines).toHaveLength(count);

  await page.goto(`${url()}/stations`);
  await settled(page);
  const stations = await save('CSV');
  expect(stations.name).toMatch(/^eljefe-stations-\d{8}-\d{6}\.csv$/);
  expect(stations.text).toMatch(/^id,name,origin,/);
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('walks from a binary to a station and back to their events', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, '/binaries?sort=runs');
  await settled(page);
  await rowsOf(page).first().getByRole('link').first().click();
  await page.waitForURL(/\/binaries\/\d+$/);
  await page.getByRole('tab', { name: 'Facts' }).click();
  await page.waitForURL((address) => address.searchParams.get('tab') === 'facts');
  await page.getByRole('tab', { name: 'Prevalence' }).click();
  await page.waitForURL((address) => !address.searchParams.has('tab'));
  await page.getByRole('region', { name: 'Stations' }).getByRole('link').first().click();
  await page.waitForURL(/\/stations\/\d+$/);
  for (const [name, tab] of [
    ['Running', 'running'],
    ['Events', 'events'],
    [/^Binaries/, 'binaries'],
    [/^Users/, 'users'],
  ] as const) {
    await page.getByRole('tab', { name }).click();
    await page.waitForURL((address) => address.searchParams.get('tab') === tab);
    await settled(page);
  }
  await page.getByRole('link', { name: 'Its events' }).click();
  await page.waitForURL('**/events?q=station_id*');
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('says that a station or a binary is not there', async () => {
  const { page } = await open(browser);
  await logIn(page, '/stations/99999999');
  await page.getByRole('alert').getByText('The station could not be read').waitFor();
  await page.goto(`${url()}/stations/elsewhere`);
  await page.getByRole('alert').getByText('The station could not be read').waitFor();
  await page.goto(`${url()}/binaries/99999999`);
  await page.getByRole('alert').getByText('The binary could not be read').waitFor();
  await page.context().close();
});

it('shows these pages without a complaint from axe, in both themes', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, '/binaries?sort=runs');
  await settled(page);
  const binary = (await rowsOf(page).first().getByRole('link').first().getAttribute('href'))!;
  await page.goto(`${url()}/stations`);
  await settled(page);
  const station = (await rowsOf(page).first().getByRole('link').first().getAttribute('href'))!;
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const path of [
      '/overview',
      '/binaries',
      `/binaries?b=${binary.split('/').at(-1)}`,
      binary,
      `${binary}?tab=facts`,
      `${binary}?tab=events`,
      `/stations?s=${station.split('/').at(-1)}`,
      station,
      `${station}?tab=running`,
      `${station}?tab=binaries`,
      `${station}?tab=users`,
    ]) {
      await page.goto(url() + path);
      await page.getByRole('navigation', { name: 'Main' }).waitFor();
      await page.waitForFunction(() => !document.querySelector('[aria-busy=true], [role=status][aria-label=Loading]'));
      expect(await violations(page), `${path}, ${scheme}`).toEqual([]);
    }
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('keeps the own tokens under settings, and asks before one is revoked', async () => {
  const { page } = await open(browser);
  await logIn(page, '/settings?section=tokens');
  const name = `e2e ${Date.now()}`;
  await page.getByRole('button', { name: 'Add a token' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('dialog').getByRole('button', { name: 'Add a token' }).click();
  await page
    .getByRole('dialog', { name: `Token ${name}` })
    .getByRole('button', { name: 'Done' })
    .click();
  const row = page.getByRole('row', { name });
  await row.getByRole('button', { name: 'Revoke' }).click();
  await page
    .getByRole('dialog', { name: `Revoke ${name}` })
    .getByRole('button', { name: 'Revoke' })
    .click();
  await row.waitFor({ state: 'detached' });
  await page.context().close();
});

it('tells under settings who did what, by person and by doing', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, '/settings?section=audit');
  const table = page.getByRole('table', { name: 'Audit' });
  await table.getByRole('row', { name: 'Logged in' }).first().waitFor();
  await page.getByRole('combobox', { name: 'What' }).selectOption('Logged in');
  await page.waitForURL((address) => address.searchParams.get('action') === 'session.begin');
  await table.getByRole('link', { name: user(), exact: true }).first().click();
  await page.waitForURL((address) => address.searchParams.get('who') === user());
  expect(new URL(page.url()).searchParams.get('action')).toBe('session.begin');
  await page.getByRole('textbox', { name: 'Who' }).fill('nobody at all');
  await page.keyboard.press('Enter');
  await page.getByText('Nothing like this has been done.').waitFor();
  await page.goBack();
  await table.getByRole('row', { name: 'Logged in' }).first().waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});
