import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** The rows of the page's table, without its head. */
export const rows = (page: Page) => page.locator('[role=grid] [role=row][aria-rowindex]:not([aria-rowindex="1"])');

/** Waits until nothing on the page is being read or drawn anew. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('main > *') &&
      !document.querySelector('[aria-busy=true], [data-stale], [role=status][aria-label=Loading]'),
  );
}

/** Follows the requests of a page. Returns what waits until all have been answered and drawn. */
export function followRequests(page: Page): () => Promise<void> {
  const open = new Set<object>();
  // A live stream is never over.
  page.on('request', (request) => request.resourceType() !== 'eventsource' && open.add(request));
  page.on('requestfinished', (request) => open.delete(request));
  page.on('requestfailed', (request) => open.delete(request));
  const drawn = () =>
    page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)))),
    );
  return async () => {
    await settled(page);
    // What is drawn may ask for more.
    for (let quiet = 0; quiet < 2; quiet++) {
      await drawn();
      if (open.size > 0) quiet = -1;
    }
  };
}

/** Gives files to the page by whatever opens its file chooser, and waits until all of them are read. */
export async function importFiles(
  page: Page,
  files: string[] | { name: string; mimeType: string; buffer: Buffer },
  open: () => Promise<void>,
): Promise<Locator> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), open()]);
  await chooser.setFiles(files);
  const visit = page.getByRole('table', { name: 'In this visit' });
  await visit.waitFor();
  const count = Array.isArray(files) ? files.length : 1;
  await expect.poll(() => visit.getByText('Done', { exact: true }).count(), { timeout: 30_000 }).toBe(count);
  return visit;
}
