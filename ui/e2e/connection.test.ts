import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, logIn, open } from './browser';
import { rows, settled } from './page';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

it('shows that the live connection is lost, and mends it', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, '/events?range=all');
  await rows(page).first().waitFor();
  const live = page.getByRole('switch', { name: 'Live' });
  await live.and(page.locator('[data-state=on]')).waitFor();
  const shown = await rows(page).first().innerText();
  await page.context().setOffline(true);
  await live.and(page.locator('[data-state=lost]')).getByText('Reconnecting').waitFor();
  // What is being read stays.
  expect(await rows(page).first().innerText()).toBe(shown);
  await page.context().setOffline(false);
  await live.and(page.locator('[data-state=on]')).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('says that the server cannot be reached, and reads on when it can', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, '/binaries');
  await rows(page).first().waitFor();
  await settled(page);
  const told = page.getByText('The connection to the server is lost');
  await page.context().setOffline(true);
  await told.waitFor();
  await page.getByRole('columnheader', { name: 'Runs' }).getByRole('button').click();
  await page.getByRole('alert').getByText('The server cannot be reached').waitFor();
  await page.context().setOffline(false);
  await told.waitFor({ state: 'detached' });
  await page.getByRole('alert').waitFor({ state: 'detached' });
  await settled(page);
  expect(await rows(page).count()).toBeGreaterThan(0);

  // The same where the network is there and the server is not.
  await page.route('**/api/**', (route) => route.abort());
  await page.getByRole('columnheader', { name: 'Stations' }).getByRole('button').click();
  await told.waitFor();
  await page.unroute('**/api/**');
  await told.waitFor({ state: 'detached' });
  await page.getByRole('alert').waitFor({ state: 'detached' });
  await settled(page);
  expect(await rows(page).count()).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('leads to log-in when the session has ended, and back to the same place', async () => {
  const { page } = await open(browser);
  // Nothing new can come into a span of the past, by which the page would find out by itself.
  const past = new URLSearchParams({ from: '2020-01-01T00:00:00Z', to: new Date(Date.now() - 60_000).toISOString() });
  await logIn(page, `/events?${past}`);
  await rows(page).first().waitFor();
  await settled(page);
  await page.context().clearCookies();
  await page.getByRole('link', { name: 'Stations', exact: true }).click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  await logIn(page, new URL(page.url()).pathname + new URL(page.url()).search);
  await page.waitForURL('**/stations');
  await rows(page).first().waitFor();
  await page.context().close();
});
