import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violations } from './axe';
import { launch, logIn, open, url } from './browser';
import { rows, settled } from './page';

/** What e2e/visitors_test.go has two stations report: a stick that goes from one to the other, with names that attack. */
const stick = '<img src=x onerror=window.owned=1> stick';
const legible = { vendor: '\\u202eACME\\u200b', serial: 'E2E\\u202e<b>1</b>', label: "=cmd|' /C calc'!A0\\u202egpj" };
const [first, second] = ['E2E-USB-1', 'E2E-USB-2'];
const ofStick = 'vendor_id%3Af1f0';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

/** Nothing of what draws nothing, turns the writing or moves a cursor may stand on a page. */
const deceptive = /(?![\n\t])[\p{Cc}\p{Cf}]/u;

async function unharmed(page: Page, where: string): Promise<void> {
  expect(await page.evaluate(() => 'owned' in window), where).toBe(false);
  expect(await page.locator('main img, main script, main b:not(mark)').count(), where).toBe(0);
  expect(deceptive.exec((await page.locator('main').textContent())!)?.[0], where).toBeUndefined();
  expect(deceptive.exec(await page.title())?.[0], where).toBeUndefined();
}

/** The address of the stick's page. */
async function stickHref(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const answer = await fetch('/api/v1/devices?q=vendor_id%3Af1f0');
    const { devices } = (await answer.json()) as { devices: { id: number }[] };
    return `/devices/${devices[0]!.id}`;
  });
}

it('lists what happened with USB devices, and which there are, all in the address', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page);
  await page.getByRole('link', { name: 'USB devices' }).click();
  await page.waitForURL('**/devices');
  await settled(page);
  expect(await page.title()).toBe('USB devices · El Jefe');
  await page.goto(`${url()}/devices?range=all`);
  await settled(page);
  expect(await rows(page).count()).toBeGreaterThan(3);

  // The filter bar completes the fields of devices, and their values.
  await page.keyboard.press('/');
  await page.keyboard.type('volume_l');
  await page.getByRole('option', { name: /^volume_label/ }).waitFor();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('kind:device_re');
  await page.getByRole('option', { name: 'device_removed' }).waitFor();
  await page.keyboard.type('moved vendor_id:f1f0');
  await page.keyboard.press('Enter');
  await page.waitForURL((address) => address.searchParams.get('q') === 'kind:device_removed vendor_id:f1f0');
  await settled(page);
  expect(await rows(page).count()).toBe(1);
  expect(await rows(page).first().textContent()).toContain('Removed');

  // The filter stays from tab to tab; what is sorted by does not.
  await page.getByRole('tab', { name: 'Devices' }).click();
  await page.waitForURL((address) => address.searchParams.get('tab') === 'devices');
  await settled(page);
  expect(new URL(page.url()).searchParams.get('q')).toBe('kind:device_removed vendor_id:f1f0');
  await page.getByRole('columnheader', { name: 'Plugs' }).getByRole('button').click();
  await page.waitForURL((address) => address.searchParams.get('sort') === 'plugs');
  await settled(page);
  expect(await rows(page).count()).toBe(1);

  // What is no field of devices is found out before anything is searched.
  await page.keyboard.press('/');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('command_line:x');
  await page.keyboard.press('Enter');
  await page.locator('search [role=alert]').waitFor();
  await page.goto(`${url()}/devices?tab=devices&q=nothing-is-called-this`);
  await page.getByText('No device matches the filter').waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('opens a row beside the table by keyboard, and leads on from its values', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, `/devices?range=all&q=${ofStick}`);
  await settled(page);
  await page.getByRole('grid').focus();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL((address) => /^\d+-\d+$/.test(address.searchParams.get('d') ?? ''));
  const drawer = page.getByRole('complementary', { name: stick });
  await drawer.getByRole('heading', { name: 'This event' }).waitFor();
  await drawer.getByRole('link', { name: first }).first().waitFor();
  await page.keyboard.press('Escape');
  await page.waitForURL((address) => !address.searchParams.has('d'));

  await rows(page).first().locator('[data-column=serial]').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'All devices with this serial number' }).click();
  await page.waitForURL((address) => address.searchParams.get('q')?.startsWith('serial:') === true);
  await settled(page);
  expect(new URL(page.url()).searchParams.get('tab')).toBe('devices');
  expect(await rows(page).count()).toBe(1);
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('follows a stick from station to station, and shows its names for what they are', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page, `/devices?tab=devices&q=${ofStick}`);
  await settled(page);
  const row = rows(page).first();
  expect(await row.textContent()).toContain(stick);
  expect(await row.textContent()).toContain(legible.vendor);
  await unharmed(page, 'the list');
  await row.getByRole('link').first().click();
  await page.waitForURL(/\/devices\/\d+$/);
  await page.getByRole('heading', { level: 1, name: stick }).waitFor();
  await page.getByText('Storage that types').waitFor();

  const way = page.getByRole('table', { name: 'Its way' }).getByRole('row');
  await way.nth(2).waitFor();
  expect(await way.nth(1).textContent()).toContain(first);
  expect(await way.nth(1).textContent()).toMatch(/10\smin/);
  expect(await way.nth(2).textContent()).toContain(second);
  expect(await way.nth(2).textContent()).toContain('Plugged in');
  const stations = page.getByRole('table', { name: 'Stations' });
  expect(await stations.getByRole('row').count()).toBe(3);
  await page.getByRole('table', { name: 'Volumes' }).getByText('E2E0-0001').waitFor();
  await unharmed(page, 'its way');
  for (const tab of ['Facts', 'Events'] as const) {
    await page.getByRole('tab', { name: tab }).click();
    await page.waitForURL((address) => address.searchParams.get('tab') === tab.toLowerCase());
    await settled(page);
    const text = await page.locator('main').textContent();
    expect(text).toContain(tab === 'Facts' ? legible.serial : legible.label);
    await unharmed(page, tab);
  }

  await page.getByRole('tab', { name: 'Where it was' }).click();
  await stations.getByRole('link', { name: first }).click();
  await page.waitForURL(/\/stations\/\d+\?tab=devices$/);
  await settled(page);
  expect(await rows(page).first().textContent()).toContain(stick);
  await unharmed(page, 'the station');
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('tells what comes while one reads, and moves nothing', async () => {
  const { page } = await open(browser);
  let more = false;
  await page.route('**/api/v1/device-events/count*', async (route) => {
    const answer = await route.fetch();
    const found = (await answer.json()) as { count: number };
    await route.fulfill({ response: answer, json: { ...found, count: found.count + (more ? 3 : 0) } });
  });
  // The stream says what the server would when a station reports.
  await page.addInitScript(() => {
    const Real = window.EventSource;
    window.EventSource = class extends Real {
      constructor(address: string | URL) {
        super(address);
        (window as unknown as { live: EventSource }).live = this;
      }
    };
  });
  await logIn(page, '/devices?range=all');
  await settled(page);
  const top = await rows(page).first().textContent();
  more = true;
  await expect
    .poll(async () => {
      await page.evaluate(() =>
        (window as unknown as { live?: EventSource }).live?.dispatchEvent(
          new MessageEvent('devices', { data: '{"count":3}' }),
        ),
      );
      return page.getByRole('button', { name: '3 new' }).count();
    })
    .toBe(1);
  expect(await rows(page).first().textContent()).toBe(top);
  await page.context().close();
});

it('exports devices and their events to a file', async () => {
  const { page, complaints } = await open(browser);
  // The dialogue of the system cannot be answered from here: the download is the other way.
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await logIn(page, `/devices?range=all&q=${ofStick}`);
  const save = async () => {
    await settled(page);
    await page.getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'NDJSON' }).click(),
    ]);
    await page.locator('[data-testid=export-note][data-phase=done]').first().waitFor();
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
  };
  const events = await save();
  expect(events.name).toMatch(/^eljefe-device-events-\d{8}-\d{6}\.ndjson$/);
  expect(events.text.trim().split('\n')).toHaveLength(3);
  await page.goto(`${url()}/devices?tab=devices&q=${ofStick}`);
  const devices = await save();
  expect(devices.name).toMatch(/^eljefe-devices-\d{8}-\d{6}\.ndjson$/);
  expect((JSON.parse(devices.text) as { vendor_id: string }).vendor_id).toBe('f1f0');
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('says that a device is not there, that none was seen, and what failed', async () => {
  const { page } = await open(browser);
  await logIn(page, '/devices/99999999');
  await page.getByRole('alert').getByText('The device could not be read').waitFor();
  await page.goto(`${url()}/devices/elsewhere`);
  await page.getByRole('alert').getByText('The device could not be read').waitFor();
  await page.goto(`${url()}/devices?from=2020-01-01&to=2020-01-02`);
  await page.getByText('Nothing was plugged in or removed in this time').waitFor();
  await page.getByRole('link', { name: 'Look at all time' }).click();
  await page.waitForURL((address) => address.searchParams.get('range') === 'all');

  await page.route('**/api/v1/devices?*', (route) => route.fulfill({ json: { devices: [], newest: 0 } }));
  await page.route('**/api/v1/devices/count*', (route) => route.fulfill({ json: { count: 0, at_least: false } }));
  await page.goto(`${url()}/devices?tab=devices`);
  await page.getByText('No USB device has been seen').waitFor();
  await page.unrouteAll();
  await page.route('**/api/v1/devices?*', (route) => route.fulfill({ status: 400, json: { status: 400 } }));
  await page.goto(`${url()}/devices?tab=devices&sort=plugs`);
  await page.getByRole('alert').getByText('The devices could not be read').waitFor();
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Try again' }).click();
  await rows(page).first().waitFor();
  await page.context().close();
});

it('shows these pages without a complaint from axe, in both themes, both languages and from 1024 to 2560', {
  timeout: 150_000,
}, async () => {
  const { page, complaints } = await open(browser);
  await logIn(page);
  const href = await stickHref(page);
  const station = await page.evaluate(async () => {
    const answer = await fetch('/api/v1/stations?search=E2E-USB-1');
    return ((await answer.json()) as { stations: { id: number }[] }).stations[0]!.id;
  });
  const id = href.split('/').at(-1);
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const path of [
      '/devices?range=all',
      '/devices?tab=devices',
      `/devices?tab=devices&d=${id}`,
      href,
      `${href}?tab=facts`,
      `${href}?tab=events`,
      `/stations/${station}?tab=devices`,
    ]) {
      await page.goto(url() + path);
      await page.getByRole('navigation', { name: 'Main' }).waitFor();
      await settled(page);
      expect(await violations(page), `${path}, ${scheme}`).toEqual([]);
      for (const width of [1024, 2560]) {
        await page.setViewportSize({ width, height: 900 });
        const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(beyond, `${path} is wider than ${width}`).toBeLessThanOrEqual(0);
      }
    }
  }
  await page.getByRole('button', { name: /^Language/ }).click();
  await page.getByRole('menuitemradio', { name: 'Español' }).click();
  await page.goto(url() + href);
  await page.getByRole('tab', { name: 'Dónde estuvo' }).waitFor();
  await page.getByRole('link', { name: 'Dispositivos USB' }).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('says what the capabilities of a Linux process allow, the dangerous ones first', async () => {
  const { page, complaints } = await open(browser);
  await logIn(page);
  const path = await page.evaluate(async () => {
    const q = 'station:E2E-USB-2 name:e2e-relay kind:start';
    const answer = await fetch(`/api/v1/events?${new URLSearchParams({ q })}`);
    return `/processes/${((await answer.json()) as { events: { process: string }[] }).events[0]!.process}`;
  });
  await page.goto(url() + path);
  await page.getByRole('tab', { name: /^Capabilities\s*2/ }).click();
  await page.getByText('CAP_SYS_ADMIN', { exact: false }).or(page.getByText('cap_sys_admin')).first().waitFor();
  const text = (await page.getByRole('tabpanel').filter({ visible: true }).textContent())!.toLowerCase();
  const [admin, bind, raw] = ['cap_sys_admin', 'cap_net_bind_service', 'cap_net_raw'].map((name) => text.indexOf(name));
  expect(admin).toBeGreaterThanOrEqual(0);
  expect(bind).toBeGreaterThan(admin!);
  // It may take this one, and has not.
  expect(raw).toBeGreaterThan(bind!);
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    expect(await violations(page), scheme).toEqual([]);
  }
  await page.getByRole('tab', { name: 'Facts' }).click();
  await page.getByText('mnt=4026532281').first().waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});
