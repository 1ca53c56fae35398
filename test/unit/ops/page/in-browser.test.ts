/**
 * The page as a browser draws it, of made-up pods: it is for everybody to use in every state, fits a phone and a wall,
 * keeps to its policy, changes as it is told, and says when it is old.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fleet } from '../../../../src/ops/page/fleet.ts';
import { createHour, SLOT_MS } from '../../../../src/ops/page/hour.ts';
import type { PodSnapshot } from '../../../../src/ops/page/snapshot.ts';
import { MOST_WATCHERS } from '../../../../src/ops/page/watchers.ts';
import type { OpsServer } from '../../../../src/ops/server.ts';
import { runAxe } from '../../../support/browser/axe.ts';
import { findBrowserObstacle, openBrowser, openPage, PHONE, WALL } from '../../../support/browser/browser.ts';
import { servePage } from '../../../support/browser/serve-page.ts';
import { counts, fleet, partition } from './example-fleet.ts';

const obstacle = await findBrowserObstacle();

let browser: Browser;
let server: OpsServer | undefined;
/** What the pods say now. */
let pods: readonly Partial<PodSnapshot>[] = [{}];
let changes: Partial<Fleet> = {};

beforeAll(async () => {
  if (obstacle === undefined) browser = await openBrowser();
});
afterAll(async () => {
  if (obstacle === undefined) await browser.close();
});
beforeEach(({ skip }) => {
  skip(obstacle !== undefined, obstacle);
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** Twenty minutes of two pods' work. */
function busyHour(nowMs: number) {
  const hour = createHour();
  for (let slot = 120; slot >= 0; slot -= 1) {
    const done = 121 - slot;
    const all = counts({
      ...{ received: 8000 * done, queued: 400 * done, 'filtered.cooldown': 5000 * done },
      ...{
        'filtered.no_coupons': 2500 * done,
        'dead_lettered.invalid': 3 * done,
        'delivered.sent': 390 * done,
      },
      'delivered.unknown': done,
    });
    hour.note(nowMs - slot * SLOT_MS, all, { behindSeconds: 0.4, couponP99Ms: 85 + (slot % 7) });
  }
  return hour.window(nowMs);
}

async function serve(port = 0): Promise<string> {
  server = await servePage((nowMs) => fleet(pods, { nowMs, hour: busyHour(nowMs), ...changes }), port);
  return `http://127.0.0.1:${String(server.port)}/`;
}

const away = ['coupon API'];
const fault = 'it has no leader';
const late = { lag: 5000, behindSeconds: 80, etaSeconds: null };
/** Each state in which colours, signs and lists differ. */
const STATES: Readonly<Record<string, readonly [readonly Partial<PodSnapshot>[], Partial<Fleet>]>> = {
  well: [[{}, { pod: 'pod-2' }], {}],
  'coupon API away': [
    [
      {
        ...{ away, condition: 'degraded', reasons: ['coupon API: 7 events of 7 users fail'] },
        waiting: [{ for: 'coupon API', events: 900, oldestSeconds: 42 }],
        couponApi: { inFlight: 1, breaker: 'open', p50Ms: 40, p99Ms: 2000 },
        deadLetteredAtMs: { invalid: Date.now() - 30_000 },
      },
      {
        pod: 'pod-2',
        away,
        partitions: [partition(late), partition({ partition: 1, fault })],
        partitionCount: 40,
      },
    ],
    {},
  ],
  'alone, held back': [
    [{ killSwitch: { document: true, flag: true, set: { why: 'a wrong text', by: 'anna', since: null } } }],
    { alone: 'Redis can’t be used', silent: [{ pod: 'pod-9', version: '1', silentSeconds: 7 }] },
  ],
  quiet: [[{ rates: counts(), inFlight: 0 }], { hour: { firstSlot: 0, slots: 0, columns: {} } }],
};

describe.each(Object.entries(STATES))('%s', (_name, [said, more]) => {
  it.each([
    ['light', PHONE],
    ['dark', WALL],
  ] as const)('%s, on a screen of %o: axe finds nothing, nothing sticks out', async (colours, size) => {
    [pods, changes] = [said, more];
    const { page, faults, origins } = await openPage(browser, await serve(), { size, colours });
    expect((await runAxe(page)).violations).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(size.width);
    expect(faults).toEqual([]);
    expect(origins.size).toBe(1);
    await page.context().close();
  });
});

describe('the page', () => {
  const open = async () => {
    [pods, changes] = [[{}], {}];
    return openPage(browser, await serve(), { size: WALL, colours: 'light' });
  };
  /** Numbers and their units are kept together by another space. */
  const text = async (page: Page, selector: string) =>
    (await page.locator(selector).innerText()).replaceAll('\u00A0', ' ');

  it('is under 150 kB with everything that it loads', async () => {
    const { page, transferred } = await open();
    await page.locator('canvas').nth(3).waitFor();
    expect(transferred()).toBeGreaterThan(30_000);
    expect(transferred()).toBeLessThan(150_000);
    await page.context().close();
  });

  it('changes as the pods do, and speaks of the state alone', async () => {
    const { page, faults } = await open();
    expect(await text(page, '.say')).toMatch(
      /^●\s*Flowing:\s*812 events\/s, 0.4 s behind. 6\d % end as cooldown.$/,
    );
    expect(await text(page, '#spoken')).toBe('Flowing: events flow.');
    await page.evaluate(`globalThis.spoken = 0;
      new MutationObserver(() => (spoken += 1)).observe(document.getElementById('spoken'), { childList: true })`);
    pods = [{ inFlight: 4321 }, { pod: 'pod-2', inFlight: 1 }];
    await page.locator('#numbers [data-key="In flight"] b', { hasText: '4,322' }).waitFor();
    expect(await page.locator('#pods tr').count()).toBe(2);
    expect(await page.evaluate('spoken')).toBe(0);
    pods = [{ away, waiting: [{ for: 'coupon API', events: 900, oldestSeconds: 42 }] }];
    await page.locator('#word', { hasText: 'Waiting for the coupon API:' }).waitFor();
    expect(await page.evaluate('spoken')).toBe(1);
    expect(await text(page, '#waiting')).toMatch(/coupon API\s+900 events\s+the oldest for 42 s/);
    expect(await page.title()).toBe('■ Waiting for the coupon API – Coupon push notifier');
    pods = [{}];
    await page.locator('#waits').waitFor({ state: 'hidden' });
    expect(await page.locator('#pods tr').count()).toBe(1);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('takes what a text says for text', async () => {
    const { page, faults } = await open();
    pods = [{ notReady: ['<img src=x onerror=alert(1)> `code` & more'] }];
    await page.locator('#notes code, #sentence code').first().waitFor();
    expect(await page.locator('#page img').count()).toBe(0);
    expect(await text(page, '.headline')).toContain('<img src=x onerror=alert(1)> code & more');
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('says when its numbers are old, and goes on by itself when the pod is back', async () => {
    const { page } = await open();
    const { port = 0 } = server ?? {};
    await server?.stop();
    await page.locator('#lost').waitFor();
    expect(await text(page, '#lost')).toMatch(
      /^No word from the pod.*: these numbers are old. Trying again.$/,
    );
    pods = [{ inFlight: 77 }];
    await serve(port);
    await page.locator('#numbers [data-key="In flight"] b', { hasText: '77' }).waitFor();
    await page.locator('#lost').waitFor({ state: 'hidden' });
    expect(await page.title()).toMatch(/Flowing/);
    await page.context().close();
  });

  it('of one watcher too many waits, and comes when somebody leaves', async () => {
    const url = await serve();
    const others = await Promise.all(
      Array.from({ length: MOST_WATCHERS }, async () => {
        const leaving = new AbortController();
        const stream = await fetch(`${url}page/events`, { signal: leaving.signal });
        // A stream that nobody holds is closed when memory is cleared.
        return {
          stream,
          leave: () => {
            leaving.abort();
          },
        };
      }),
    );
    const page = await browser.newPage();
    await page.goto(url);
    await page.locator('#lost').waitFor();
    expect(others.map(({ stream }) => stream.status)).toEqual(Array.from(others, () => 200));
    others[0]?.leave();
    await page.locator('#page[data-state="live"]').waitFor();
    for (const other of others) other.leave();
    await page.close();
  });

  it('moves nothing for whoever wants no motion', async () => {
    const { page } = await open();
    const moves = 'getComputedStyle(document.querySelector(".bar i")).transitionDuration';
    expect(await page.evaluate(moves)).toBe('0s');
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    expect(await page.evaluate(moves)).toBe('0.4s');
    await page.context().close();
  });
});
