/**
 * A headless Chromium, as this machine has it: nothing is downloaded. A test that needs one is skipped where there is
 * none, and says how to have it.
 */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The width of a phone in the hand, and of a screen on a wall. */
export const PHONE = { width: 390, height: 844 };
export const WALL = { width: 1920, height: 1080 };

/** Why there is no browser, with the way to have one; undefined where there is. */
export async function findBrowserObstacle(): Promise<string | undefined> {
  return (await findBrowser()) === undefined
    ? 'it needs Chromium on the path: apt-get install chromium, or Google Chrome'
    : undefined;
}

async function findBrowser(): Promise<string | undefined> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const file = join(directory, name);
      const isThere = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) return file;
    }
  }
  return undefined;
}

/** @throws Error where the machine has none. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = await findBrowser();
  if (executablePath === undefined) throw new Error('there is no Chromium on the path');
  // Its sandbox wants rights that a container seldom has; it visits our own pages only.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

export interface OpenedPage {
  readonly page: Page;
  /** What went wrong in the browser: errors of scripts, of the policy, and of requests. */
  readonly faults: string[];
  /** Origins of everything that was asked for. */
  readonly origins: Set<string>;
  /** Bytes that came over the line so far. */
  transferred(): number;
}

export interface PageOptions {
  readonly size: { readonly width: number; readonly height: number };
  readonly colours: 'light' | 'dark';
  /** Default: none, so that a picture is never taken half way. */
  readonly motion?: 'no-preference' | 'reduce';
}

/** Opens an address in a window of its own, and waits until the stream has drawn it. */
export async function openPage(browser: Browser, url: string, options: PageOptions): Promise<OpenedPage> {
  const context = await browser.newContext({
    viewport: options.size,
    colorScheme: options.colours,
    reducedMotion: options.motion ?? 'reduce',
  });
  const page = await context.newPage();
  const faults: string[] = [];
  const origins = new Set<string>();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => origins.add(new URL(request.url()).origin));
  let bytes = 0;
  const network = await context.newCDPSession(page);
  network.on('Network.responseReceived', ({ response }) => (bytes += response.encodedDataLength));
  network.on('Network.dataReceived', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await network.send('Network.enable');
  await page.goto(url);
  await page.locator('#page[data-state="live"]').waitFor();
  return { page, faults, origins, transferred: () => bytes };
}
