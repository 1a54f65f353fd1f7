import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, logIn, open, url } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

/** The page of the PowerShell that the demo's intruder ran on the file server: it has a parent, and siblings. */
async function intruder(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const q =
      'station:FILESRV-01 name:powershell.exe kind:start command_line:EncodedCommand parent_image:wsmprovhost.exe';
    const answer = await fetch(`/api/v1/events?${new URLSearchParams({ q, limit: '1' })}`);
    const { events } = (await answer.json()) as { events: { process: string }[] };
    return `/processes/${events[0]!.process}`;
  });
}

const rows = (page: Page) => page.getByRole('treeitem');
const active = (page: Page) => page.locator('[role=treeitem][aria-selected=true]');
const parameter = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);

it('is walked by keyboard alone: from a process to its siblings, and to the page of one', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page);
  const path = await intruder(page);
  await page.goto(url() + path);
  await page.getByRole('tree').focus();
  await page.locator('[role=treeitem][aria-current=page]', { hasText: 'powershell.exe' }).waitFor();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowRight');
  await rows(page).filter({ hasText: 'whoami.exe' }).waitFor();
  await page.keyboard.press('ArrowRight');
  await active(page).filter({ hasText: 'whoami.exe' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'whoami.exe' }).waitFor();
  await page.locator('[role=treeitem][aria-current=page]', { hasText: 'whoami.exe' }).waitFor();

  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'powershell.exe' }).waitFor();
  await active(page).filter({ hasText: 'whoami.exe' }).waitFor();
  expect(new URL(page.url()).pathname).toBe(path);
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('finds in the tree; a copied address shows the same', async () => {
  const { page } = await open(browser);
  await logIn(page);
  await page.goto(url() + (await intruder(page)));
  await page.getByText(/and \d+ siblings/).click();
  await rows(page).filter({ hasText: 'tasklist.exe' }).waitFor();
  await page.keyboard.press('f');
  await page.keyboard.type('tasklist');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: '1 of 1' }).waitFor();
  await active(page).filter({ hasText: 'tasklist.exe' }).waitFor();
  await page.getByRole('tab', { name: /Privileges/ }).click();
  await page.waitForURL((address) => address.searchParams.get('tab') === 'privileges');
  expect(parameter(page, 'find')).toBe('tasklist');
  const shown = await rows(page).allInnerTexts();

  await page.goto(`${url()}/events`);
  await page.goBack();
  await active(page).filter({ hasText: 'tasklist.exe' }).waitFor();
  expect(await rows(page).allInnerTexts()).toEqual(shown);
  await page.reload();
  await active(page).filter({ hasText: 'tasklist.exe' }).waitFor();
  expect(await rows(page).allInnerTexts()).toEqual(shown);
  expect(await page.getByLabel('Find in the tree').inputValue()).toBe('tasklist');
  await page.context().close();
});

it('leads from a row to its binary, its station and all that its user ran', async () => {
  const { page } = await open(browser);
  await logIn(page);
  await page.goto(url() + (await intruder(page)));
  const parent = rows(page).filter({ hasText: 'wsmprovhost.exe' });
  for (const [name, path] of [
    ['Its binary', /^\/binaries\/\d+$/],
    ['Its station', /^\/stations\/\d+$/],
    ['Everything its user ran', /^\/events$/],
  ] as const) {
    await parent.hover();
    await parent.getByRole('button', { name: 'Actions on wsmprovhost.exe' }).click();
    await page.getByRole('menuitem', { name }).click();
    await page.waitForURL((address) => path.test(address.pathname));
    await page.goBack();
    await parent.waitFor();
  }
  await page.context().close();
});

it('explains the privileges, the dangerous ones first, in the language chosen', async () => {
  const { page } = await open(browser);
  await logIn(page);
  await page.goto(`${url()}${await intruder(page)}?tab=privileges`);
  const enabled = page.getByRole('region', { name: 'Enabled', exact: true }).getByRole('term');
  await enabled.first().waitFor();
  expect(await enabled.first().textContent()).toContain('SeDebugPrivilege');
  await page.getByText('passwords can be taken from LSASS').waitFor();
  await page.getByRole('button', { name: 'Language en: English' }).click();
  await page.getByRole('menuitemradio', { name: 'Español' }).click();
  await page.getByText('permite sacar contraseñas de LSASS').waitFor();
  await page.context().close();
});

it('draws what happened around it, each a way to its page', async () => {
  const { page } = await open(browser);
  await logIn(page);
  await page.goto(`${url()}${await intruder(page)}?tab=around`);
  const bars = page.getByRole('group', { name: /^Processes from/ }).getByRole('link');
  await bars.first().waitFor();
  const near = await bars.count();
  await page.getByText('± 30 min').click();
  await page.waitForURL((address) => address.searchParams.get('around') === '30');
  await expect.poll(() => bars.count()).toBeGreaterThan(near);
  await bars.filter({ hasText: 'wsmprovhost.exe' }).click();
  await page.getByRole('heading', { level: 1, name: 'wsmprovhost.exe' }).waitFor();
  await page.context().close();
});

/** Answers for the tree of every process: `count` processes, half of them its children, the others deeper. */
async function makeTree(page: Page, count: number): Promise<void> {
  await page.route('**/api/v1/processes/*/tree*', async (route) => {
    const address = new URL(route.request().url());
    const root = decodeURIComponent(address.pathname.split('/').at(-2)!);
    const [from, limit] = ['cursor', 'limit'].map((name) => Number(address.searchParams.get(name) ?? 0)) as [
      number,
      number,
    ];
    const nodes = Array.from({ length: Math.min(limit, count - from) }, (_, i) => {
      const n = from + i;
      return {
        process: `made-${n}`,
        parent: n % 2 === 0 ? root : `made-${n - 1}`,
        depth: (n % 2) + 1,
        pid: n,
        image: `C:\\Tools\\${n % 2 === 0 ? 'make' : 'cl'}.exe`,
        command_line: `tool of ${String(n).replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)]!)}`,
        started: new Date(Date.UTC(2026, 0, 3) + n * 100).toISOString(),
        binary_id: 1,
        prevalence: 9,
        children: n % 2 === 0 ? 1 : 0,
      };
    });
    await route.fulfill({ json: { nodes, next: from + limit < count ? String(from + limit) : undefined } });
  });
}

it('draws a tree of 2,000 within half a second of its arrival', async () => {
  const { page } = await open(browser);
  await logIn(page);
  await makeTree(page, 2_000);
  await page.goto(url() + (await intruder(page)));
  await rows(page).filter({ hasText: 'make.exe' }).first().waitFor();
  await page.getByRole('tree').press('End');
  await rows(page).filter({ hasText: '15 of 1,000 shown' }).waitFor();
  const took = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const [all] = [...document.querySelectorAll('button')].filter((button) => button.textContent === 'Show all');
        const from = performance.now();
        all!.click();
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - from)));
      }),
  );
  // Wanted is 500 ms on a quiet machine; a busy one may take its time.
  console.log(`a tree of 2,000 is drawn in ${Math.round(took)} ms`);
  expect(took).toBeLessThan(5_000);
  await page.getByRole('tree').press('End');
  await rows(page).filter({ hasText: 'tool of bjjj' }).waitFor();
  await page.context().close();
});

it('reads 50,000 when asked to, and stays usable', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page);
  await makeTree(page, 50_000);
  await page.goto(url() + (await intruder(page)));
  await page.getByRole('button', { name: 'Read all' }).click();
  await page.getByText('50,000 below it').waitFor();
  await page.keyboard.press('f');
  await page.keyboard.type('tool of ejjjj');
  await page.keyboard.press('Enter');
  await active(page).filter({ hasText: 'tool of ejjjj' }).waitFor();
  await page.getByRole('tree').press('Home');
  await active(page).and(rows(page).first()).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});
