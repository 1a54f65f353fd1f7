import { type Browser, chromium, type Page } from 'playwright-core';

function wanted(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these tests need a running server`);
  return value;
}

export const url = () => wanted('ELJEFE_E2E_URL').replace(/\/$/, '');
export const user = () => wanted('ELJEFE_E2E_USER');
export const password = () => wanted('ELJEFE_E2E_PASSWORD');

/** Starts the system's Chromium, and nothing that it would do by itself. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.ELJEFE_E2E_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface Watched {
  page: Page;
  /** What the browser complained about: script errors, and anything the content security policy refused. */
  complaints: string[];
}

export async function open(browser: Browser): Promise<Watched> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true, // the server's certificate is its own
    locale: 'en-US',
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A refused request is an answer that the tests look at themselves.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  return { page, complaints };
}

export async function logIn(page: Page, path = '/'): Promise<void> {
  await page.goto(url() + path);
  await page.getByLabel('Name').fill(user());
  await page.locator('input[autocomplete=current-password]').fill(password());
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
}
