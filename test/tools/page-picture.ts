/**
 * Pictures of the page: for the README, and to look at after a change.
 *
 *   npm run docs:page                              of made-up pods, into .readme
 *   npm run docs:page -- URL PLACE [light|dark]    of what runs: PLACE-phone.png and PLACE-wall.png
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { openBrowser, openPage, PHONE, WALL } from '../support/browser/browser.ts';
import { madeUpFleet } from '../support/browser/made-up-city.ts';
import { servePage } from '../support/browser/serve-page.ts';

/** Ms for the charts, which are drawn after the numbers. */
const DRAWN_MS = 1500;
/** So high that what matters is in it, and no higher. */
const README_SIZE = { width: 1440, height: 1000 };

interface Picture {
  readonly size: { readonly width: number; readonly height: number };
  readonly colours: 'light' | 'dark';
  readonly isWhole: boolean;
}

async function take(browser: Browser, url: string, path: string, picture: Picture): Promise<void> {
  const { page } = await openPage(browser, url, picture);
  await page.locator('canvas').first().waitFor();
  await pause(DRAWN_MS);
  await page.screenshot({ path, fullPage: picture.isWhole });
  await page.context().close();
  console.log(path);
}

async function takeForReadme(browser: Browser): Promise<void> {
  for (const [hour, colours] of [
    ['calm', 'light'],
    ['coupon-api-away', 'dark'],
  ] as const) {
    const server = await servePage((nowMs) => madeUpFleet(hour, nowMs));
    const url = `http://127.0.0.1:${String(server.port)}/`;
    await take(browser, url, `.readme/page-${hour}.png`, { size: README_SIZE, colours, isWhole: false });
    await server.stop();
  }
}

const [url, place, colours = 'light'] = process.argv.slice(2);
if (colours !== 'light' && colours !== 'dark') throw new Error('colours are light or dark');
if (url !== undefined && place === undefined)
  throw new Error('usage: page-picture.ts [URL PLACE [light|dark]]');

const browser = await openBrowser();
try {
  if (url === undefined || place === undefined) await takeForReadme(browser);
  else {
    await take(browser, url, `${place}-phone.png`, { size: PHONE, colours, isWhole: true });
    await take(browser, url, `${place}-wall.png`, { size: WALL, colours, isWhole: true });
  }
} finally {
  await browser.close();
}
