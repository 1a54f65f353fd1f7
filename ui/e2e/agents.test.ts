import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violations } from './axe';
import { launch, logIn, open, url } from './browser';
import { rows, settled } from './page';

/** A station of its own for these tests: the agent's program, which plays a recording. */
const agent = process.env.ELJEFE_E2E_AGENT;
const folder = mkdtempSync(join(tmpdir(), 'eljefe-e2e-'));
const label = `e2e ${Date.now()}`;
const image = join(folder, '\u202egpj <b>tool<b>.exe');
const content = Buffer.from(`MZ ${label} ${'not a program '.repeat(5_000)}`);
const sha256 = createHash('sha256').update(content).digest('hex');

/** The last one comes so late that the recording is never over. */
const record = (i: number, of: unknown[]) => ({
  kind: 'start',
  time: new Date(Date.UTC(2026, 0, 5, 8) + (i === of.length - 1 ? 3_600_000 : i * 20)).toISOString(),
  station: 'E2E-AGENT',
  pid: 4000 + i * 4,
  image,
  command_line: `tool --step ${i}`,
  user: 'LAB\\ana',
  sha256,
  boot_id: 1,
  process_seq: 1 + i,
});

let browser: Browser;
/** The address of the station's page, and how its agent is called. */
let station = '';
let enrol: string[] = [];
let running: ChildProcess | undefined;

function start(): void {
  running = spawn(
    agent!,
    [
      'run',
      ...['--state-dir', join(folder, 'state'), '--proxy', 'none', '--replay', join(folder, 'replay.ndjson')],
      '--allow-end-process',
      ...enrol,
    ],
    { stdio: 'ignore' },
  );
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  const ended = running;
  running = undefined;
  if (!ended || ended.exitCode !== null) return;
  const exit = new Promise((done) => ended.once('exit', done));
  ended.kill(signal);
  await exit;
}

const tab = async (page: Page, name: string | RegExp) => {
  await page.getByRole('tab', { name }).click();
  await settled(page);
};

beforeAll(async () => {
  if (!agent) throw new Error('ELJEFE_E2E_AGENT is not set: these tests need the agent’s program');
  browser = await launch();
  writeFileSync(image, content);
  writeFileSync(
    join(folder, 'replay.ndjson'),
    Array.from({ length: 40 })
      .map((_, i, all) => `${JSON.stringify(record(i, all))}\n`)
      .join(''),
  );
});
afterAll(async () => {
  await stop('SIGKILL');
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

it('makes an enrolment key, with which a station comes in', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, '/settings?section=keys');
  await page.getByRole('button', { name: 'Add a key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a key' });
  const add = dialog.getByRole('button', { name: 'Add a key' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill(label);
  await dialog.getByRole('textbox', { name: 'Stations at most' }).fill('one');
  await dialog.getByText('A whole number from 1').waitFor();
  expect(await add.isDisabled()).toBe(true);
  await dialog.getByRole('textbox', { name: 'Stations at most' }).fill('1');
  await dialog.getByLabel('Labels', { exact: true }).fill(label);
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: `Remove the label ${label}` }).waitFor();
  await add.click();

  const made = page.getByRole('dialog', { name: `Key ${label}` });
  const command = await made.getByRole('region', { name: 'Install an agent on Linux with:' }).textContent();
  const secret = await made.getByRole('region', { name: `Key ${label}` }).textContent();
  expect(command).toContain(secret);
  // Neither a click beside it nor Escape may lose it.
  await page.keyboard.press('Escape');
  expect(await made.isVisible()).toBe(true);
  await made.getByRole('button', { name: 'Done' }).click();
  enrol = command!.trim().split(/\s+/).slice(3);
  expect(enrol[0]).toBe('--server');
  await page.getByRole('row', { name: label }).getByText('Usable').waitFor();

  start();
  await expect
    .poll(
      async () => {
        await page.goto(`${url()}/stations?label=${encodeURIComponent(label)}`);
        await settled(page);
        return rows(page).count();
      },
      { timeout: 30_000 },
    )
    .toBe(1);
  const row = rows(page).first();
  await row.getByText('Online').waitFor();
  station = (await row.getByRole('link').first().getAttribute('href'))!;
  await page.goto(`${url()}/settings?section=keys`);
  await page.getByRole('row', { name: label }).getByText('Used up').waitFor();
  await page.getByRole('row', { name: label }).getByText('1 of 1').waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('shows how the station is, and labels and renames it', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, `${station}?tab=health`);
  await settled(page);
  await page.getByRole('meter', { name: 'On disk' }).waitFor();
  for (const text of ['replay', 'Working', 'in step with the server']) {
    await page.getByRole('tabpanel', { name: 'Health' }).getByText(text, { exact: true }).waitFor();
  }

  await page.getByRole('button', { name: /^Edit the labels of/ }).click();
  await page.keyboard.type('second, third');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Edit the labels of/ }).waitFor();
  await page.reload();
  await page.locator('header').getByText('second', { exact: true }).waitFor();
  expect(await page.locator('header').getByText('third', { exact: true }).count()).toBe(0);

  await page
    .getByRole('button', { name: /^Actions on/ })
    .first()
    .click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  const name = `\u202e<img src=x> ${label}`;
  await page.getByRole('dialog').getByRole('textbox', { name: 'Station' }).fill(name);
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('heading', { level: 1, name: `\\u202e<img src=x> ${label}` }).waitFor();
  expect(await page.title()).toContain('\\u202e<img src=x>');
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('asks the station for its diagnostics, and shows them', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, `${station}?tab=tasks`);
  await page.getByText('Nothing was asked of this station').waitFor();
  await page.getByRole('button', { name: 'New task' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'Task' }).selectOption('diagnose');
  await dialog.getByRole('textbox', { name: 'Why' }).fill(`because ${label}`);
  await dialog.getByRole('button', { name: 'Ask the station' }).click();
  await page.waitForURL((address) => address.searchParams.has('p'));
  const drawer = page.getByRole('complementary', { name: 'Diagnostics of the agent' });
  await drawer.getByText('Done', { exact: true }).waitFor({ timeout: 30_000 });
  await drawer.getByText(`because ${label}`).waitFor();
  await expect
    .poll(() => drawer.getByRole('region', { name: 'Log of the agent' }).last().textContent())
    .toContain('enrolled');
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('fetches a file from the page of its process, and ends only with a reason', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, `${station}?tab=running`);
  await settled(page);
  await rows(page).first().click();
  await page.getByRole('complementary').getByRole('link', { name: 'Open its page' }).click();
  await page.waitForURL(/\/processes\/./);
  await page
    .getByRole('button', { name: /^Actions on/ })
    .first()
    .click();
  await page.getByRole('menuitem', { name: 'Fetch the file' }).click();
  const dialog = page.getByRole('dialog');
  const fetch = dialog.getByRole('button', { name: 'Fetch', exact: true });
  expect(await fetch.isDisabled()).toBe(true);
  await dialog.getByRole('textbox', { name: /^Why/ }).fill('Is it what it says?');
  await fetch.click();
  await page.getByRole('link', { name: 'Follow the task' }).click();
  await page.waitForURL((address) => address.searchParams.get('tab') === 'tasks');
  const drawer = page.getByRole('complementary', { name: 'Fetch file' });
  await drawer.getByText('Done', { exact: true }).waitFor({ timeout: 30_000 });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    drawer.getByRole('link', { name: 'Download' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`${sha256}.gz`);

  await page.goBack();
  await page
    .getByRole('button', { name: /^Actions on/ })
    .first()
    .click();
  await page.getByRole('menuitem', { name: 'End the process' }).click();
  const end = dialog.getByRole('button', { name: 'End the process' });
  await dialog.getByText(/^Only|Only this process is meant/).waitFor();
  expect(await end.isDisabled()).toBe(true);
  await dialog.getByRole('textbox', { name: /^Why/ }).fill('It only says so');
  await expect.poll(() => end.isEnabled()).toBe(true);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('says how complete an answer is when the agent was off, and lists why', async () => {
  await stop('SIGKILL');
  await new Promise((done) => setTimeout(done, 3_000));
  start();
  const { page, complaints } = await open(browser);
  const id = station.split('/').at(-1)!;
  await logIn(page, `${station}?tab=gaps`);
  // The list and the bands are two answers: the gap may come in between them.
  await expect
    .poll(
      async () => {
        await page.reload();
        await settled(page);
        const listed = await page.getByRole('grid').getByText('Agent off', { exact: true }).count();
        return listed > 0 && (await page.getByTestId('bands').isVisible());
      },
      { timeout: 60_000 },
    )
    .toBe(true);
  expect(await page.getByTestId('bands').getAttribute('aria-label')).toMatch(/^Incomplete from .*: 1 station/);
  await page.getByRole('grid').getByText('Agent off', { exact: true }).first().click();
  await page.waitForURL((address) => address.searchParams.has('p'));
  await page.getByRole('complementary', { name: 'Agent off' }).getByText('The station ran without the agent').waitFor();

  await page.goto(`${url()}/events?q=${encodeURIComponent(`station_id:${id}`)}`);
  await settled(page);
  const strip = page.getByTestId('completeness');
  await strip.waitFor();
  expect(await strip.textContent()).toMatch(/^Incomplete1 station blind/);
  await strip.click();
  const missing = page.getByRole('region', { name: 'What is missing' });
  await missing.getByRole('region', { name: 'Gaps' }).getByText('Agent off').first().waitFor();
  expect(await violations(page)).toEqual([]);
  await missing.getByRole('link').first().click();
  await page.waitForURL((address) => address.searchParams.get('tab') === 'gaps');
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('shows these pages without a complaint from axe, in both themes', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, station);
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const path of [
      '/stations',
      '/settings?section=keys',
      `${station}?tab=health`,
      `${station}?tab=gaps`,
      `${station}?tab=tasks`,
    ]) {
      await page.goto(url() + path);
      await page.getByRole('navigation', { name: 'Main' }).waitFor();
      await settled(page);
      expect(await violations(page), `${path}, ${scheme}`).toEqual([]);
    }
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('retires the station, which leaves the list and comes back restored', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, `/stations?label=${encodeURIComponent(label)}`);
  await settled(page);
  await rows(page).first().getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Retire 1 station' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retire' }).click();
  await page.getByText('No station matches these filters').waitFor();
  await page.goto(url() + station);
  await page.getByText(/^Retired since/).waitFor();
  await page
    .getByRole('button', { name: /^Actions on/ })
    .first()
    .click();
  await page.getByRole('menuitem', { name: 'Restore' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
  await page.getByText(/^Retired since/).waitFor({ state: 'detached' });
  await tab(page, /^Users/);
  expect(complaints).toEqual([]);
  await page.context().close();
});
