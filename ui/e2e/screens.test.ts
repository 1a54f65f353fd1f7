import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violations } from './axe';
import { launch, logIn, open, url } from './browser';
import { followRequests, rows, settled } from './page';

/** Kept as build output, to be looked at. */
const folder = fileURLToPath(new URL('../build/screens/', import.meta.url));
const schemes = ['light', 'dark'] as const;
const widths = [1024, 1920] as const;
/** What the first screen may cost in script, as it travels. */
const budget = 300_000;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
  mkdirSync(folder, { recursive: true });
});
afterAll(() => browser?.close());

/** Every page, by the name of its pictures. */
async function everyPage(page: Page): Promise<Record<string, string>> {
  const row = await page.evaluate(async () => {
    const q = 'station:FILESRV-01 name:powershell.exe kind:start command_line:EncodedCommand';
    const answer = await fetch(`/api/v1/events?${new URLSearchParams({ q, limit: '1' })}`);
    return ((await answer.json()) as { events: { process: string; station_id: number; binary_id: number }[] })
      .events[0]!;
  });
  const { process, station_id, binary_id } = row;
  const { device, linux } = await page.evaluate(async () => {
    const ask = async <T>(path: string) => (await (await fetch(`/api/v1${path}`)).json()) as T;
    const { devices } = await ask<{ devices: { id: number }[] }>('/devices?sort=stations&limit=1');
    const { events } = await ask<{ events: { process: string }[] }>('/events?q=name%3Ae2e-relay&limit=1');
    return { device: devices[0]!.id, linux: events[0]!.process };
  });
  return {
    overview: '/overview',
    stations: '/stations',
    'stations-drawer': `/stations?s=${station_id}`,
    station: `/stations/${station_id}`,
    'station-events': `/stations/${station_id}?tab=events`,
    'station-binaries': `/stations/${station_id}?tab=binaries`,
    binaries: '/binaries',
    'binaries-drawer': `/binaries?b=${binary_id}`,
    binary: `/binaries/${binary_id}`,
    'device-events': '/devices?range=all',
    devices: '/devices?tab=devices',
    'devices-drawer': `/devices?tab=devices&d=${device}`,
    device: `/devices/${device}`,
    'station-devices': `/stations/${station_id}?tab=devices`,
    processes: '/processes?range=all',
    events: '/events?range=all',
    'events-drawer': `/events?range=all&p=${process}`,
    'events-stack': '/events?range=all&stack=name',
    'events-none': '/events?range=all&q=user%3Anobody-at-all',
    process: `/processes/${process}`,
    'process-privileges': `/processes/${process}?tab=privileges`,
    'process-capabilities': `/processes/${linux}?tab=privileges`,
    'process-statistics': `/processes/${process}?tab=statistics`,
    'process-timeline': `/processes/${process}?tab=around`,
    'process-raw': `/processes/${process}?tab=raw`,
    import: '/import',
    client: '/client',
    'client-updates': '/client?tab=updates',
    settings: '/settings',
    'settings-keys': '/settings?section=keys',
    'settings-demo': '/settings?section=demo',
    'settings-audit': '/settings?section=audit',
  };
}

/** Pages whose other states the tests of their own put before axe. */
const unchecked = [
  'events-drawer',
  'process',
  'process-privileges',
  'process-statistics',
  'process-timeline',
  'process-raw',
  'client-updates',
  'settings-demo',
  'settings-audit',
];

it('is pictured page by page, in both themes and two widths, and stands before axe', { timeout: 180_000 }, async () => {
  const { page, complaints } = await open(browser);
  const quiet = followRequests(page);
  for (const scheme of schemes) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(`${url()}/login`);
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await page.screenshot({ path: `${folder}login-1440-${scheme}.png` });
    expect(await violations(page), `login, ${scheme}`).toEqual([]);
  }
  await logIn(page);
  for (const [name, path] of Object.entries(await everyPage(page))) {
    await page.goto(url() + path);
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      await quiet();
      for (const scheme of schemes) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.screenshot({ path: `${folder}${name}-${width}-${scheme}.png` });
        if (width === widths[0] && unchecked.includes(name))
          expect(await violations(page), `${name}, ${scheme}`).toEqual([]);
      }
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(beyond, `${name} is wider than ${width}`).toBeLessThanOrEqual(0);
    }
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('opens with less than 300 kB of script', async () => {
  for (const path of ['/', '/events?range=all']) {
    const { page } = await open(browser);
    await logIn(page, '/login');
    const fresh = await page.context().newPage();
    const network = await fresh.context().newCDPSession(fresh);
    await network.send('Network.enable');
    await network.send('Network.setCacheDisabled', { cacheDisabled: true });
    const scripts = new Set<string>();
    const sizes: number[] = [];
    network.on('Network.responseReceived', ({ type, requestId }) => type === 'Script' && scripts.add(requestId));
    network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (scripts.has(requestId)) sizes.push(encodedDataLength);
    });
    const quiet = followRequests(fresh);
    await fresh.goto(url() + path);
    await fresh.locator('main a, main [role=grid]').first().waitFor();
    await quiet();
    const bytes = sizes.reduce((sum, each) => sum + each, 0);
    console.info(`${path} opens with ${bytes} bytes of script in ${sizes.length} files`);
    expect(sizes.length).toBeGreaterThan(0);
    expect(bytes, path).toBeLessThan(budget);
    await page.context().close();
  }
});

it('answers within 100 ms while 100,000 rows are scrolled', async () => {
  const { page } = await open(browser);
  await page.route('**/api/v1/events?*', (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0);
    const events = Array.from({ length: 10_000 }, (_, i) => {
      const time = new Date(Date.UTC(2026, 0, 20) - (from + i) * 1000).toISOString();
      const [id, process] = [`e${from + i}`, `p${from + i}`];
      const image = `C:\\Windows\\System32\\${from + i}.exe`;
      return {
        id,
        process,
        image,
        time,
        started: time,
        kind: 'start',
        station: 'ACC-07',
        station_id: 1,
        pid: i,
        sensor: 'replay',
        origin: 'imported',
      };
    });
    const next = from + 10_000 < 100_000 ? String(from + 10_000) : undefined;
    return route.fulfill({ json: { events, complete: true, next } });
  });
  await logIn(page, '/events?range=all&q=name%3Ax');
  await rows(page).first().waitFor();
  for (let last = 0; last < 100_000; ) {
    await page.getByRole('grid').press('End');
    await settled(page);
    last = Number(await rows(page).last().getAttribute('aria-rowindex')) - 1;
  }
  const took = await page.evaluate(async () => {
    const grid = document.querySelector<HTMLElement>('[role=grid]')!;
    const times: number[] = [];
    for (let i = 0; i < 40; i++) {
      const from = performance.now();
      grid.scrollTop = (grid.scrollHeight * ((i * 7) % 40)) / 40;
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      times.push(performance.now() - from);
    }
    return times.sort((a, b) => a - b);
  });
  const [median, worst] = [took[20]!, took.at(-1)!];
  console.info(`a jump among 100,000 rows is drawn in ${median.toFixed(0)} ms, at worst in ${worst.toFixed(0)} ms`);
  // The aim is 100 ms; a machine with other things to do may take ten times as long.
  expect(median).toBeLessThan(1_000);
  await page.context().close();
});
