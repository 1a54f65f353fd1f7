import { basename, join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, logIn, open } from './browser';
import { importFiles, rows, settled } from './page';

/** The recorded logs lie beside the project, not in it; without them there is no journey. */
const recorded = process.env.ELJEFE_E2E_TESTDATA ?? '';

interface Attack {
  log: string;
  station: string;
  /** What is odd about the suspicious process, in its command line. */
  suspicious: string;
  name: string;
  /** Who started it, as the log's own record says. */
  parent: string;
  /** The parent has a record of its own, and so a page. */
  stored: boolean;
}

const attacks: Attack[] = [
  {
    log: 'EVTX-ATTACK-SAMPLES/Sysmon_Exec_CompiledHTML.evtx',
    station: 'MSEDGEWIN10',
    suspicious: 'out.exe',
    name: 'cmd.exe',
    parent: 'hh.exe',
    stored: true,
  },
  {
    log: 'EVTX-ATTACK-SAMPLES/maldoc_mshta_via_shellbrowserwind_rundll32.evtx',
    station: 'MSEDGEWIN10',
    suspicious: 'memViewData.jpg,PluginInit',
    name: 'rundll32.exe',
    parent: 'mshta.exe',
    stored: true,
  },
  {
    log: 'EVTX-ATTACK-SAMPLES/LM_typical_IIS_webshell_sysmon_1_10_traces.evtx',
    station: 'IEWIN7',
    suspicious: '/c net user',
    name: 'cmd.exe',
    parent: 'w3wp.exe',
    stored: false,
  },
  {
    log: 'EVTX-ATTACK-SAMPLES/LM_wmiexec_impacket_sysmon_whoami.evtx',
    station: 'IEWIN7',
    suspicious: '__1556656369.7',
    name: 'cmd.exe',
    parent: 'WmiPrvSE.exe',
    stored: false,
  },
  {
    log: 'EVTX-to-MITRE-Attack/ID4688_4698_4699_5145_4624-ATexec_remote_trask_creation_GLOBAL_.evtx',
    station: 'fs01.offsec.lan',
    suspicious: 'bouWFQYO.tmp',
    name: 'cmd.exe',
    parent: 'svchost.exe',
    stored: false,
  },
];

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

const tab = (page: Page, name: string) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name });
const family = (page: Page) => page.getByRole('list', { name: 'What started it, what it started' });
const marked = (page: Page) => page.locator('[role=treeitem][aria-current=page]');
const active = (page: Page) => page.locator('[role=treeitem][aria-selected=true]');
const headline = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });
const logs = attacks.map(({ log }) => join(recorded, log));
const rowOf = (table: Locator, log: string) =>
  table
    .getByRole('row')
    .filter({ hasText: basename(log) })
    .first();

/** Which process the list of the family names right above the one that is open. */
async function parentInDrawer(page: Page): Promise<string> {
  await family(page).locator('[aria-current=true]').waitFor();
  const lines = await family(page).getByRole('listitem').all();
  for (const [i, line] of lines.entries()) {
    if ((await line.getAttribute('aria-current')) === 'true') return (await lines[i - 1]?.innerText()) ?? '';
  }
  return '';
}

it.skipIf(!recorded)('by mouse alone, a newcomer finds who started the suspicious process', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page);
  const mouse = mouseOf(page);
  await mouse.click(tab(page, 'Import'));
  let imported = await importFiles(page, logs, () => mouse.click(page.getByRole('button', { name: 'Choose files' })));
  for (const { log, station, suspicious, name, parent, stored } of attacks) {
    await mouse.click(rowOf(imported, log).getByRole('link', { name: station, exact: true }));
    await headline(page, station).waitFor();
    await mouse.click(page.getByRole('tab', { name: 'Events' }));
    await settled(page);
    const row = await mouse.scrollTo(page.getByRole('grid'), rows(page).filter({ hasText: suspicious }).first());
    await mouse.click(row.locator('[data-column=time]'));
    expect(await parentInDrawer(page), log).toContain(parent);

    await mouse.click(page.getByRole('complementary').getByRole('link', { name: 'Open its page' }));
    await headline(page, name).waitFor();
    await marked(page).waitFor();
    const level = Number(await marked(page).getAttribute('aria-level'));
    const above = page.locator(`[role=treeitem][aria-level="${level - 1}"]`).last();
    expect(await above.innerText(), log).toContain(parent);
    if (stored) {
      await mouse.click(above.getByRole('link', { name: parent }));
      await headline(page, parent).waitFor();
    } else {
      // What no record tells of has no page: the tree says so.
      await above.getByText('not recorded').waitFor();
    }
    await mouse.click(tab(page, 'Import'));
    imported = page.getByRole('table', { name: 'In this visit' });
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});

it.skipIf(!recorded)('by keyboard alone, a newcomer finds who started the suspicious process', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page);
  await press(page, tab(page, 'Import'));
  const files = page.getByRole('button', { name: 'Choose files' });
  let imported = await importFiles(page, logs, () => press(page, files));
  for (const { log, station, suspicious, name, parent, stored } of attacks) {
    await press(page, rowOf(imported, log).getByRole('link', { name: station, exact: true }));
    await headline(page, station).waitFor();
    await press(page, page.getByRole('link', { name: 'Its events' }));
    await page.waitForURL('**/events?q=station_id*');
    await settled(page);
    // What is typed is added to the filter that is there.
    await page.keyboard.press('/');
    await page.keyboard.press('End');
    await page.keyboard.type(` "${suspicious}"`);
    await page.keyboard.press('Enter');
    await page.waitForURL((address) => address.searchParams.get('q')?.includes(suspicious) === true);
    await settled(page);
    await rows(page).filter({ hasText: suspicious }).first().waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    expect(await parentInDrawer(page), log).toContain(parent);

    await press(page, page.getByRole('complementary').getByRole('link', { name: 'Open its page' }));
    await headline(page, name).waitFor();
    await marked(page).waitFor();
    await tabTo(page, page.getByRole('tree'));
    await page.keyboard.press('ArrowUp');
    await active(page).filter({ hasText: parent }).waitFor();
    if (stored) {
      await page.keyboard.press('Enter');
      await headline(page, parent).waitFor();
    }
    await press(page, tab(page, 'Import'));
    imported = page.getByRole('table', { name: 'In this visit' });
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});

/** What a hand with a mouse can do: point at what is in sight, press, and turn the wheel. */
function mouseOf(page: Page) {
  async function middle(target: Locator) {
    await target.waitFor();
    const box = (await target.boundingBox())!;
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }
  /** Whether the target is what lies under the mouse when it points at it. */
  async function inSight(target: Locator): Promise<boolean> {
    return target.evaluate((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      const there = document.elementFromPoint(x + width / 2, y + height / 2);
      return there !== null && (element.contains(there) || there.contains(element));
    });
  }
  return {
    async click(target: Locator): Promise<void> {
      await expect.poll(() => inSight(target), { message: `${target} is in sight` }).toBe(true);
      const { x, y } = await middle(target);
      await page.mouse.click(x, y);
    },
    /** Turns the wheel over a list until the target is in sight. */
    async scrollTo(list: Locator, target: Locator): Promise<Locator> {
      const { x, y } = await middle(list);
      await page.mouse.move(x, y);
      for (let turns = 0; turns < 100; turns++) {
        if ((await target.count()) > 0 && (await inSight(target))) return target;
        await page.mouse.wheel(0, 240);
        await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      }
      throw new Error(`${target} was not found by scrolling`);
    },
  };
}

/** Goes on by Tab until the target has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  const element = (await target.elementHandle())!;
  for (let tabs = 0; tabs < 150; tabs++) {
    if (await element.evaluate((there) => there === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${target} is not reached by Tab`);
}

async function press(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press('Enter');
}
