import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violations } from './axe';
import { launch, logIn, open, url } from './browser';
import { settled } from './page';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

/** Words that only English has, and that what the server says in English is full of. */
const english = /\b(the|The|there|There|is|not|with|and|write|Write|choose|Choose|file|neither)\b/;

async function inSpanish(page: Page, path: string): Promise<void> {
  await logIn(page);
  await page.evaluate(() => {
    const kept = JSON.parse(localStorage.getItem('eljefe.preferences') ?? '{}');
    localStorage.setItem('eljefe.preferences', JSON.stringify({ ...kept, language: 'es' }));
  });
  await page.goto(url() + path);
  await page.getByRole('navigation', { name: 'Principal' }).waitFor();
}

it('says in Spanish what is wrong with a filter, where, and what to write', async () => {
  const { page, complaints } = await open(browser);
  await inSpanish(page, '/events');
  const alert = page.locator('search [role=alert]');
  for (const [filter, marked, says, fix] of [
    ['kind:start usr:bob', 'usr', 'No existe el campo «usr».', 'user'],
    ['kind:begin', 'begin', 'kind: «begin» no es ninguno de estos: start, stop, running.', undefined],
    ['powershell AND', 'AND', 'AND necesita un término detrás.', undefined],
    ['duration:<300', '<300', 'duration: «300» no es una duración.', '<300s'],
  ] as const) {
    await page.keyboard.press('Escape');
    await page.getByRole('combobox').click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type(filter);
    await page.keyboard.press('Enter');
    await alert.getByText(says).waitFor();
    expect(await alert.textContent(), filter).not.toMatch(english);
    expect(await page.locator('search u').textContent(), filter).toBe(marked);
    if (fix) expect(await alert.getByRole('button').textContent()).toContain(fix);
    expect(new URL(page.url()).searchParams.has('q'), 'a faulty filter is not searched for').toBe(false);
  }
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('says in Spanish why a file could not be imported, also when it is looked at later', async () => {
  const { page, complaints } = await open(browser);
  await inSpanish(page, '/import');
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Elegir archivos' }).click(),
  ]);
  await chooser.setFiles([
    { name: 'holiday.evtx', mimeType: 'application/octet-stream', buffer: Buffer.from('no log at all') },
    { name: 'broken.ndjson', mimeType: 'application/octet-stream', buffer: Buffer.from('{"kind":\n{"a":1}\n') },
  ]);
  for (const table of ['En esta visita', 'Importados antes']) {
    const part = page.getByRole('table', { name: table });
    const refused = part.getByRole('row', { name: /holiday\.evtx/ }).first();
    await refused.getByText('El archivo no es un registro de eventos de Windows').waitFor();
    expect(await refused.textContent()).not.toMatch(english);
    const broken = part.getByRole('row', { name: /broken\.ndjson/ }).first();
    await broken.getByText('línea 2: el objeto no tiene ni «kind»').waitFor();
    expect((await broken.textContent())!.replace('broken.ndjson', '')).not.toMatch(english);
    if (table === 'En esta visita') {
      await page.reload();
      await settled(page).catch(() => undefined);
    }
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('explains the fields in Spanish, and says so when something is not there', async () => {
  const { page } = await open(browser);
  await inSpanish(page, '/events');
  await page.getByRole('combobox').click();
  await page.keyboard.type('parent_ima');
  await page.getByRole('option').getByText('Ruta completa del ejecutable del padre; un valor').waitFor();
  await page.keyboard.press('Escape');
  await page.goto(`${url()}/stations/99999999`);
  await page.getByText('No existe la estación 99999999.').waitFor();
  await page.context().close();
});
