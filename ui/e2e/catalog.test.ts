import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violations } from './axe';
import { launch, logIn, open, url } from './browser';
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
    .getByRole('link', { name: /^Binaries/ })
    .click();
  await page.waitForURL('**/binaries');
  await rowsOf(page).first().waitFor();
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
