/**
 * Pictures of the page that a running pod serves, as a phone and a wall show it: for the README, and to look at.
 *
 *   node test/tools/page-picture.ts http://localhost:8081/ .readme/page
 *
 * writes `.readme/page-phone.png` and `.readme/page-wall.png`; a third argument `dark` takes the dark ones.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { openBrowser, openPage, PHONE, WALL } from '../support/browser/browser.ts';

/** Ms for the charts, which are drawn after the numbers. */
const DRAWN_MS = 1500;

const [url, place, colours = 'light'] = process.argv.slice(2);
if (url === undefined || place === undefined || (colours !== 'light' && colours !== 'dark'))
  throw new Error('usage: page-picture.ts URL PLACE [light|dark]');

const browser = await openBrowser();
try {
  for (const [name, size] of Object.entries({ phone: PHONE, wall: WALL })) {
    const { page } = await openPage(browser, url, { size, colours });
    await pause(DRAWN_MS);
    await page.screenshot({ path: `${place}-${name}.png`, fullPage: true });
    console.log(`${place}-${name}.png`);
  }
} finally {
  await browser.close();
}
