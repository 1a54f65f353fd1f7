import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violations } from './axe';
import { launch, logIn, open, url } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

it('sends whoever is not logged in to log-in, and back to where they wanted to go', async () => {
  const { page } = await open(browser);
  await page.goto(`${url()}/stations`);
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  expect(new URL(page.url()).searchParams.get('return')).toBe('/stations');
  await logIn(page, '/stations');
  await page.waitForURL('**/stations');
  expect(await page.title()).toBe('Stations · El Jefe');
  await page.context().close();
});

it('says that a password is wrong', async () => {
  const { page } = await open(browser);
  await page.goto(url());
  await page.getByLabel('Name').fill('nobody');
  await page.locator('input[autocomplete=current-password]').fill('certainly not this');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('Name or password is wrong.').waitFor();
  await page.context().close();
});

it('shows every page without a complaint from the browser or from axe, in both themes', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page);
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const path of [
      '/events?range=all',
      '/stations',
      '/import',
      '/settings',
      '/settings?section=users',
      '/settings?section=tokens',
    ]) {
      await page.goto(url() + path);
      await page.getByRole('navigation', { name: 'Main' }).waitFor();
      await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
      expect(await violations(page), `${path}, ${scheme}`).toEqual([]);
    }
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('keeps the filter in the address, and says where a filter is wrong', async () => {
  const { page } = await open(browser);
  await logIn(page, '/events?range=all');
  await page.keyboard.press('/');
  await page.keyboard.type('user:nobody-at-all');
  await page.keyboard.press('Enter');
  await page.waitForURL((address) => address.searchParams.get('q') === 'user:nobody-at-all');
  await page.getByText('Nothing matches the filter').waitFor();
  await page.goBack();
  await page.waitForURL((address) => !address.searchParams.has('q'));
  await page.keyboard.press('/');
  await page.keyboard.type('nosuchfield:x');
  await page.keyboard.press('Enter');
  await page.locator('search [role=alert]').waitFor();
  expect(new URL(page.url()).searchParams.has('q')).toBe(false);
  await page.context().close();
});

it('speaks Spanish when asked', async () => {
  const { page } = await open(browser);
  await logIn(page);
  await page.getByRole('button', { name: 'Language en: English' }).click();
  await page.getByRole('menuitemradio', { name: 'Español' }).click();
  await page.getByRole('navigation').getByRole('link', { name: 'Estaciones' }).click();
  await page.waitForURL('**/stations');
  await page.waitForFunction(() => document.title === 'Estaciones · El Jefe');
  expect(await page.locator('html').getAttribute('lang')).toBe('es');
  await page.context().close();
});
