import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violations } from './axe';
import { launch, logIn, open, password, url } from './browser';
import { settled } from './page';

const folder = mkdtempSync(join(tmpdir(), 'eljefe-e2e-clients-'));
const name = `\u202e<img src=x onerror=window.owned=1> ${Date.now()}`;
const legible = name.replace('\u202e', '\\u202e');
const station = `E2E-CLIENT-${Date.now()}`;

let browser: Browser;
let agent: ChildProcess | undefined;
beforeAll(async () => {
  browser = await launch();
});
afterAll(async () => {
  agent?.kill('SIGKILL');
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const button = (page: Page) => page.getByRole('button', { name: 'Make and download' });
const typePassword = (page: Page, text: string) => page.locator('input[autocomplete=current-password]').fill(text);
const options = (page: Page) => page.getByText('Further options').click();

/** Says in place of the server what clients can be made of. */
async function told(page: Page, change: (clients: Record<string, unknown>) => void): Promise<void> {
  await page.route('**/api/v1/clients', async (route) => {
    if (route.request().method() !== 'GET') return route.continue();
    const answer = await route.fetch();
    const json = (await answer.json()) as Record<string, unknown>;
    change(json);
    return route.fulfill({ response: answer, json });
  });
}

it('makes a client that brings a station in, which appears as one watches', { timeout: 120_000 }, async () => {
  const { page, complaints } = await open(browser);
  await logIn(page);
  await page.getByRole('link', { name: 'Client', exact: true }).click();
  await page.waitForURL('**/client');
  await settled(page);
  expect(await page.title()).toBe('Client · El Jefe');
  // Whoever reads the page anew would not have this any more.
  await page.evaluate(() => Object.assign(window, { visit: 1 }));

  await page.getByRole('radio', { name: 'Linux archive' }).check();
  await page.waitForURL((address) => /^linux-.*-tar$/.test(address.searchParams.get('package') ?? ''));
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
  await page.getByRole('textbox', { name: 'Stations at most' }).fill('1');
  await page.getByLabel('Labels', { exact: true }).fill('from a client');
  await page.keyboard.press('Enter');
  await options(page);
  await page.getByRole('combobox', { name: 'Proxy' }).selectOption('none');
  expect(await button(page).isDisabled()).toBe(true);

  await typePassword(page, 'not this one');
  await button(page).click();
  await page.getByRole('alert').getByText('The password is wrong.').waitFor();
  await typePassword(page, password());
  const [download] = await Promise.all([page.waitForEvent('download'), button(page).click()]);
  const archive = join(folder, 'client.tar.gz');
  await download.saveAs(archive);
  const ready = page.getByRole('region', { name: 'Ready' });
  await ready.getByText(download.suggestedFilename(), { exact: true }).waitFor();
  expect(download.suggestedFilename()).toMatch(/^eljefe-agent-.*-linux-.*\.tar\.gz$/);
  await ready.getByText(createHash('sha256').update(readFileSync(archive)).digest('hex')).waitFor();
  expect(await page.locator('input[autocomplete=current-password]').inputValue()).toBe('');

  // What it carries is neither in the address nor on the page but for the commands that need it.
  expect(spawnSync('tar', ['-xzf', archive, '-C', folder]).status).toBe(0);
  const config = JSON.parse(readFileSync(join(folder, 'eljefe-agent', 'config.json'), 'utf8')) as {
    enrolment_key: string;
    proxy: string;
  };
  expect(config.proxy).toBe('none');
  expect(await page.locator('main').textContent()).not.toContain(config.enrolment_key);
  expect(page.url()).toMatch(/key=\d+/);
  expect(await page.getByRole('region', { name: 'Shell', exact: true }).textContent()).toMatch(/sha256sum --check/);

  const came = page.getByRole('region', { name: 'Stations that came in' });
  await came.getByText('None yet').waitFor();
  expect(await came.textContent()).toContain(legible);
  const record = {
    kind: 'start',
    time: '2026-01-05T08:00:00Z',
    station,
    pid: 4,
    image: '/bin/x',
    boot_id: 1,
    process_seq: 1,
  };
  writeFileSync(join(folder, 'replay.ndjson'), `${JSON.stringify(record)}\n`);
  agent = spawn(
    join(folder, 'eljefe-agent', 'eljefe-agent'),
    [
      ...['run', '--config', join(folder, 'eljefe-agent', 'config.json')],
      ...['--state-dir', join(folder, 'state'), '--replay', join(folder, 'replay.ndjson')],
    ],
    { stdio: 'ignore' },
  );
  const line = came.getByRole('listitem');
  await line.first().waitFor({ timeout: 30_000 });
  expect(await line.count()).toBe(1);
  await line.getByText('Online').waitFor({ timeout: 30_000 });
  expect(await page.evaluate(() => 'visit' in window)).toBe(true);
  expect(await page.evaluate(() => 'owned' in window)).toBe(false);

  // Its only use is used: the page says so, and lets nobody make another client with it.
  await page.getByText('This key is used up. Choose another one, or make a new one.').waitFor();
  await typePassword(page, password());
  expect(await button(page).isDisabled()).toBe(true);
  await line.getByRole('link').click();
  await page.waitForURL(/\/stations\/\d+/);
  await page.locator('header').getByText('from a client', { exact: true }).waitFor();
  await page.goBack();
  // What was made is still there for whoever comes back.
  await ready.getByText(download.suggestedFilename(), { exact: true }).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('comes from a key in the settings, and says so when it was revoked meanwhile', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page);
  const id = await page.evaluate(async () => {
    const answer = await fetch('/api/v1/enrolment-keys', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'to be revoked', labels: ['desks'] }),
    });
    return ((await answer.json()) as { key: { id: number } }).key.id;
  });
  await page.goto(`${url()}/settings?section=keys`);
  await page.getByRole('link', { name: 'Make a client with the key to be revoked' }).click();
  await page.waitForURL((address) => address.searchParams.get('key') === String(id));
  await settled(page);
  expect(await page.getByRole('combobox', { name: 'Key' }).inputValue()).toBe(String(id));
  await page.getByRole('region', { name: 'Stations that came in' }).getByText('None yet').waitFor();
  await page.evaluate((key) => fetch(`/api/v1/enrolment-keys/${key}/revoke`, { method: 'POST' }), id);
  // The page does not know yet; the server does.
  await typePassword(page, password());
  await button(page).click();
  await page.getByRole('alert').getByText('to be revoked').waitFor();
  await page.getByText('This key was revoked. Choose another one, or make a new one.').waitFor();
  expect(await button(page).isDisabled()).toBe(true);
  await page.getByRole('radio', { name: 'New key' }).check();
  await page.waitForURL((address) => !address.searchParams.has('key'));
  expect(await button(page).isEnabled()).toBe(true);
  await page.goto(`${url()}/client?key=99999999`);
  await page.getByText('The key that this address names is not there any more.').waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('checks the address as one types, and puts its name into the certificate', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, '/client');
  await settled(page);
  const host = page.getByRole('textbox', { name: 'Name or IP address' });
  await page.getByText('means each station itself').waitFor();
  await host.fill('two words');
  await page.getByText('This is neither a name nor an IP address').waitFor();
  await typePassword(page, password());
  expect(await button(page).isDisabled()).toBe(true);
  const port = await page.getByRole('textbox', { name: 'Port' }).inputValue();
  await host.fill(`https://192.0.2.77:${port}/`);
  expect(await host.inputValue()).toBe('192.0.2.77');
  await page.getByRole('button', { name: 'Add 192.0.2.77 to the certificate' }).click();
  await page.getByText('The server finds this name, and its certificate is for it').waitFor();
  await page.getByText('Names in the server’s certificate').click();
  await page.getByRole('button', { name: 'Remove 192.0.2.77 from the certificate' }).click();
  await page.getByRole('button', { name: 'Add 192.0.2.77 to the certificate' }).waitFor();
  await page.getByRole('textbox', { name: 'Port' }).fill('70000');
  await page.getByText('A port is a number from 1 to 65535').waitFor();

  await options(page);
  await page.getByRole('textbox', { name: 'Waiting events, in MiB' }).fill('1');
  await page.getByText(/^A whole number from 4 to/).waitFor();
  await page.getByRole('combobox', { name: 'Proxy' }).selectOption('own');
  await page.getByRole('textbox', { name: 'Address of the proxy' }).fill('proxy');
  await page.getByText('Write it as http://proxy.example.org:3128').waitFor();
  await page.getByText('To be put right first: Server address, Options.').waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('says what a server without clients, or without agents, cannot do, and what was not built', async () => {
  const { page } = await open(browser);
  await logIn(page);
  await page.goto(`${url()}/client`);
  await page
    .getByText(/formats? msi|msi/i)
    .first()
    .waitFor();
  expect(await page.getByRole('radio', { name: 'Windows package' }).isDisabled()).toBe(true);

  await told(page, (clients) => {
    clients.packages = [];
    clients.why_not = { code: 'client_none', message: 'this server was built without clients' };
  });
  await page.reload();
  await page.getByText('This server has no clients in it').waitFor();
  await page.getByText('make build').waitFor();
  expect(await violations(page)).toEqual([]);
  await page.unrouteAll();
  await told(page, (clients) => {
    clients.why_not = { code: 'client_no_agents', message: 'this server hears no agents' };
  });
  await page.reload();
  await page.getByText('--agent-listen=off').waitFor();
  await typePassword(page, password());
  expect(await button(page).isDisabled()).toBe(true);
  await page.unrouteAll();
  await page.route('**/api/v1/clients', (route) => route.fulfill({ status: 400, json: { status: 400 } }));
  await page.reload();
  await page.getByRole('alert').getByText('What clients can be made of could not be read').waitFor();
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('radio', { name: 'Windows program' }).waitFor();
  await page.context().close();
});

it('turns updates on with the password, pauses and resumes them, and turns them off at once', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, '/client');
  await page.getByRole('tab', { name: 'Updates' }).click();
  await page.waitForURL((address) => address.searchParams.get('tab') === 'updates');
  await settled(page);
  const roll = page.getByRole('region', { name: 'Updates of agents' });
  await roll.getByText('No station is offered anything.').waitFor();
  const dialog = page.getByRole('dialog');
  const confirm = async (action: string, text: string) => {
    await dialog.locator('input[autocomplete=current-password]').fill(text);
    await dialog.getByRole('button', { name: action }).click();
  };

  // What is chosen is said before anything is offered.
  const settings = page.getByRole('region', { name: 'Which stations' });
  await settings.getByRole('textbox', { name: 'Share, in per cent' }).fill('0');
  await settings.getByText('A whole number from 1 to 100').waitFor();
  await settings.getByRole('textbox', { name: 'Share, in per cent' }).fill('40');
  await settings.getByLabel('Labels', { exact: true }).fill('nobody has this');
  await page.keyboard.press('Enter');
  await settings.getByRole('button', { name: 'Save' }).click();
  await settings.getByText(/^Changed by admin/).waitFor();
  await roll.getByText(/^0 of \d+$/).waitFor();

  await roll.getByRole('button', { name: 'Turn on' }).click();
  await dialog.getByText(/^0 stations are chosen/).waitFor();
  await confirm('Turn on', 'not this one');
  await dialog.getByRole('alert').getByText('The password is wrong.').waitFor();
  await confirm('Turn on', password());
  await roll.getByText('On', { exact: true }).waitFor();
  expect(await violations(page)).toEqual([]);
  await settings.getByRole('textbox', { name: 'Share, in per cent' }).fill('50');
  await settings.getByRole('button', { name: 'Save' }).click();
  await confirm('Save', password());
  await dialog.waitFor({ state: 'detached' });
  expect(await settings.getByRole('textbox', { name: 'Share, in per cent' }).inputValue()).toBe('50');

  await roll.getByRole('button', { name: 'Pause' }).click();
  await roll.getByText('Paused', { exact: true }).waitFor();
  await page.reload();
  await roll.getByText('admin').waitFor();
  expect(await violations(page)).toEqual([]);
  await roll.getByRole('button', { name: 'Resume' }).click();
  await dialog.getByRole('checkbox', { name: 'Try again where it failed' }).waitFor();
  await confirm('Resume', password());
  await roll.getByText('On', { exact: true }).waitFor();
  await roll.getByRole('button', { name: 'Turn off' }).click();
  await roll.getByText('No station is offered anything.').waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('tells what became of each update, one state at a time, and shows hostile words for what they are', async () => {
  const { page, complaints } = await open(browser);
  const entry = (id: number, state: string, why: string) => ({
    id,
    station: { id: 1, name: '\u202e<img src=x onerror=window.owned=1>' },
    from: 'v1.0.0',
    to: 'v1.2.3',
    attempt: id,
    state,
    why,
    who: 'admin',
    offered: '2026-11-20T08:00:00Z',
    updated: '2026-11-20T08:01:00Z',
  });
  const asked: string[] = [];
  await page.route('**/api/v1/updates/stations*', (route) => {
    const state = new URL(route.request().url()).searchParams.get('state') ?? '';
    asked.push(state);
    const all = [entry(2, 'rolled_back', '<b>no\u202e report</b>'), entry(1, 'reporting', '')];
    return route.fulfill({ json: { updates: all.filter((each) => state === '' || each.state === state) } });
  });
  await logIn(page, '/client?tab=updates');
  const history = page.getByRole('table', { name: 'History' });
  await history.getByText('Rolled back').waitFor();
  expect(await history.textContent()).toContain('<b>no\\u202e report</b>');
  expect(await history.textContent()).toContain('\\u202e<img src=x');
  await history.getByText('attempt 2').waitFor();
  expect(await page.evaluate(() => 'owned' in window)).toBe(false);
  await page.getByRole('combobox', { name: 'Which updates' }).selectOption('reporting');
  await page.waitForURL((address) => address.searchParams.get('state') === 'reporting');
  await history.getByText('Rolled back').waitFor({ state: 'detached' });
  await page.getByRole('combobox', { name: 'Which updates' }).selectOption('lost');
  await page.getByText('No update is in this state.').waitFor();
  expect(new Set(asked)).toEqual(new Set(['', 'reporting', 'lost']));
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('shows all of it without a complaint from axe, in both themes, both languages and from 1024 to 2560', {
  timeout: 120_000,
}, async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, '/client');
  await settled(page);
  await typePassword(page, password());
  const [download] = await Promise.all([page.waitForEvent('download'), button(page).click()]);
  expect(download.suggestedFilename()).toMatch(/\.exe$/);
  await page.getByRole('region', { name: 'PowerShell' }).waitFor();
  await options(page);
  await page.getByText('Names in the server’s certificate').click();
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    expect(await violations(page), scheme).toEqual([]);
    for (const width of [1024, 1600, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(beyond, `wider than ${width}`).toBeLessThanOrEqual(0);
    }
  }
  await page.getByRole('button', { name: /^Language/ }).click();
  await page.getByRole('menuitemradio', { name: 'Español' }).click();
  await page.getByRole('heading', { name: 'Qué preparar' }).waitFor();
  // Commands are not translated.
  const texts = await page.locator('main :is(h2, h3, p, dt, label, summary, option)').allTextContents();
  expect(texts.length).toBeGreaterThan(40);
  expect(texts.join('\n')).not.toMatch(/\b(the|with|and|stations|once)\b/);
  await page.getByRole('tab', { name: 'Actualizaciones' }).click();
  await page.getByText('A ninguna estación se le ofrece nada.').waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});
