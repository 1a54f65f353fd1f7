import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, logIn, open, url } from './browser';
import { rows as rowsOf, settled } from './page';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

const q = (page: Page) => new URL(page.url()).searchParams.get('q');

async function counted(page: Page): Promise<number> {
  return Number(((await page.getByTestId('binary-count').textContent()) ?? '').replaceAll(/\D/g, ''));
}

/** Has the server read a log of one process, of a station and a program that nobody has seen before. */
async function importNew(page: Page): Promise<{ station: string; program: string }> {
  const mark = `${Date.now()}`;
  const found = { station: `NEW-${mark}`, program: `new-${mark}.exe` };
  const record = {
    kind: 'start',
    time: '2021-03-04T05:06:07Z',
    station: found.station,
    sensor: 'replay',
    pid: 4711,
    started: '2021-03-04T05:06:07Z',
    image: `C:\\Temp\\${found.program}`,
    sha256: mark.padStart(64, '0'),
  };
  const answer = await page.request.post(`${url()}/api/v1/imports?name=${mark}.ndjson`, {
    headers: { 'Content-Type': 'application/octet-stream' },
    data: Buffer.from(JSON.stringify(record)),
  });
  expect(answer.status(), await answer.text()).toBe(202);
  return found;
}

it('shows when binaries were first seen, and a brush across it narrows the list until it is taken back', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, '/binaries');
  await settled(page);
  const all = await counted(page);
  const histogram = page.getByRole('img', { name: /by when .+ first seen/ });
  const box = (await histogram.boundingBox())!;
  const brush = async () => {
    await page.mouse.move(box.x + box.width / 3, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 2, box.y + 20, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL((address) => /first_seen:\S+\.\.\S+/.test(address.searchParams.get('q') ?? ''));
    await settled(page);
  };
  await brush();
  const [from, to] = /first_seen:(\S+)\.\.(\S+)/.exec(q(page)!)!.slice(1);
  const narrowed = await counted(page);
  expect(narrowed).toBeLessThan(all);
  // What is brushed is what the histogram spans then, and it counts what the list has.
  const label = (await histogram.getAttribute('aria-label'))!;
  expect(Number(/^[\d,]+/.exec(label)![0].replaceAll(',', ''))).toBe(narrowed);
  expect(Date.parse(from!)).toBeLessThan(Date.parse(to!));

  await page.getByRole('button', { name: /^Remove first_seen/ }).click();
  await page.waitForURL((address) => !address.searchParams.has('q'));
  await settled(page);
  expect(await counted(page)).toBe(all);

  await brush();
  await page.getByRole('button', { name: 'Zoom out' }).click();
  await page.waitForURL((address) => !address.searchParams.has('q'));
  await page.goBack();
  await page.waitForURL((address) => address.searchParams.has('q'));
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('lets new binaries and new stations wait until they are asked for', async () => {
  const { page: binaries, complaints } = await open(browser);
  await logIn(binaries, '/binaries?sort=name&order=asc');
  await settled(binaries);
  const stations = await binaries.context().newPage();
  await stations.clock.install();
  // What ran longest ago stands first, where it is seen among however many.
  await stations.goto(`${url()}/stations?sort=first_seen`);
  await rowsOf(stations).first().waitFor();
  await settled(stations);
  for (const page of [binaries, stations]) await page.getByRole('switch', { name: 'Live' }).waitFor();
  await binaries.locator('[role=switch][data-state=on]').waitFor();
  await stations.locator('[role=switch][data-state=on]').waitFor();
  const before = await rowsOf(stations).count();

  const found = await importNew(binaries);
  // It ran long ago, and is new all the same.
  const news = binaries.getByRole('button', { name: '1 new' });
  await news.waitFor();
  expect(await rowsOf(binaries).getByText(found.program).count()).toBe(0);
  await news.click();
  await binaries.waitForURL((address) => !address.searchParams.has('sort'));
  await news.waitFor({ state: 'detached' });
  await binaries.goto(`${url()}/binaries?q=name%3A${found.program}`);
  await rowsOf(binaries).getByText(found.program).waitFor();

  // The rows are asked for anew again and again.
  await stations.clock.fastForward(31_000);
  const newStations = stations.getByRole('button', { name: '1 new' });
  await newStations.waitFor();
  expect(await rowsOf(stations).count()).toBe(before);
  await newStations.click();
  await rowsOf(stations).getByText(found.station).waitFor();
  expect(await newStations.count()).toBe(0);
  expect(complaints).toEqual([]);
  await binaries.context().close();
});

it('shows the events of the fleet above the stations, of a span that stands in the address', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, '/stations');
  await settled(page);
  const histogram = page.getByRole('img', { name: /over time/ });
  const week = (await histogram.getAttribute('aria-label'))!;
  await page.getByText('24 h', { exact: true }).click();
  await page.waitForURL((address) => address.searchParams.get('span') === '24h');
  await expect.poll(() => histogram.getAttribute('aria-label')).not.toBe(week);
  const box = (await histogram.boundingBox())!;
  await page.mouse.move(box.x + 10, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 10, box.y + 20, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL((address) => address.pathname === '/events' && address.searchParams.has('from'));
  expect(complaints).toEqual([]);
  await page.context().close();
});
