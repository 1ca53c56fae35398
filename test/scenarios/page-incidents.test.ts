/**
 * What goes wrong most often, caused on whole pods: the page of a healthy one says in words what it is, on a phone and on
 * a wall, and is calm again afterwards. The pictures are for a person to look at.
 */
import { mkdir } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createS3 } from '../../src/documents/s3-client.ts';
import { putDocument } from '../../src/documents/s3-object.ts';
import { findBrowserObstacle, openBrowser, openPage, PHONE, WALL } from '../support/browser/browser.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

const obstacle = await findBrowserObstacle();
const PICTURES = '.cache/page';
const QUICK = { medianMs: 20, sigma: 0.5, maxMs: 200 };
const otherRules = (uri: string): string => `${uri}.other`;

let run: Scenario;
let browser: Browser;
let page: Page;

beforeEach(({ skip }) => {
  skip(obstacle !== undefined, obstacle);
});

beforeAll(async () => {
  if (obstacle !== undefined) return;
  run = await startScenario({
    pods: 3,
    events: 6000,
    partners: { couponApi: { latency: QUICK } },
    // As it is by default: a slow answer is one that still comes.
    env: { COUPON_API_TIMEOUT_MS: '2000' },
    rules: openRules('first'),
    // The last one was deployed with another document.
    envOf: (pod, { rulesUri }) => (pod === 2 ? { RULES_S3_URI: otherRules(rulesUri) } : {}),
  });
  for (const pod of run.pods.slice(0, 2)) await pod.start();
  for (const pod of run.pods.slice(0, 2)) await pod.waitUntilReady();
  browser = await openBrowser();
  await mkdir(PICTURES, { recursive: true });
  ({ page } = await openPage(browser, `${url()}/`, { size: WALL, colours: 'light' }));
}, 300_000);

afterAll(async () => {
  if (obstacle !== undefined) return;
  await browser.close();
  await run.stop();
});

function url(): string {
  const [pod] = run.pods;
  if (pod === undefined) throw new Error('no pod');
  return pod.url;
}

/** The headline and its notes; numbers and their units are kept together by another space. */
async function words(of: Page = page): Promise<string> {
  return (await of.locator('.headline').innerText()).replaceAll('\u00A0', ' ');
}

const says = (what: RegExp): Promise<void> =>
  eventually(async () => {
    expect(await words()).toMatch(what);
  });

/** On both screens the words are seen without scrolling, and nothing sticks out. */
async function isReadable(name: string, what: RegExp): Promise<void> {
  for (const [width, size] of Object.entries({ phone: PHONE, wall: WALL })) {
    const opened = await openPage(browser, `${url()}/`, { size, colours: 'light' });
    await opened.page.locator('canvas').first().waitFor();
    expect(await words(opened.page), width).toMatch(what);
    const box = await opened.page.locator('.headline').boundingBox();
    expect((box?.y ?? Infinity) + (box?.height ?? Infinity), width).toBeLessThan(size.height);
    expect(await opened.page.evaluate('document.documentElement.scrollWidth'), width).toBe(size.width);
    await opened.page.screenshot({ path: `${PICTURES}/${name}-${width}.png`, fullPage: true });
    await opened.page.context().close();
  }
}

describe('in one look', () => {
  it('the coupon API is away', async () => {
    await run.partners.control({ couponApi: { down: true } });
    const playing = run.play(600, 100);
    await says(/Waiting for the coupon API:\s*[\d,]+ events? waits?, the oldest for .*none is lost/);
    await isReadable('incident-coupon-api-away', /Waiting for the coupon API/);
    await run.partners.control({ couponApi: { down: false } });
    await playing;
    await run.untilDrained();
    await says(/Flowing|Quiet/);
  });

  it('the coupon API is slow', async () => {
    await run.partners.control({ couponApi: { latency: { medianMs: 1300, sigma: 0, maxMs: 1400 } } });
    const playing = run.play(400, 40);
    const slow = /Coupon API slow: p99 1\.\d s/;
    await says(slow);
    await isReadable('incident-slow-partner', slow);
    await run.partners.control({ couponApi: { latency: QUICK } });
    await playing;
    await run.untilDrained();
  });

  it('one partition is hot: a user’s events, one after the other', async () => {
    await run.partners.control({ couponApi: { latency: { medianMs: 400, sigma: 0, maxMs: 500 } } });
    // Nothing to push there, so each of them is asked for.
    const far = { latitude: -55, longitude: -140, merchantId: undefined };
    await run.produce(Array.from({ length: 120 }, () => eventAt(run.city, { userId: 'hot', ...far })));
    const hot = new RegExp(`(?:Catching up|Behind): .*${run.names.topic}-\\d`);
    await says(hot);
    await isReadable('incident-hot-partition', hot);
    const rows = page.locator('#partitions tr');
    expect(await rows.first().innerText()).toContain(run.names.topic);
    await run.partners.control({ couponApi: { latency: QUICK } });
    await run.untilDrained();
    await says(/Flowing|Quiet/);
  });

  it('a flood of poison', async () => {
    const playing = run.play(600, 60);
    await run.produce(Array.from({ length: 300 }, (_, n) => `{"userId": broken ${String(n)}`));
    const flood = /[\d,]+ dead letters in the last minute, most of them malformed/;
    await says(flood);
    await isReadable('incident-poison', flood);
    await playing;
    await run.untilDrained();
  });

  it('pods are on two rule documents', async () => {
    const [endpoint, region] = ['S3_ENDPOINT', 'AWS_REGION'].map((name) => inject('services')[name]);
    const s3 = createS3({ endpoint, region });
    await putDocument(s3, otherRules(run.names.rulesUri), openRules('second'), { ifNoneMatch: '*' });
    s3.destroy();
    await run.pods[2]?.start();
    await run.pods[2]?.waitUntilReady();
    await run.play(300, 100);
    await says(/Pods have 2 different rule documents/);
    await isReadable('incident-two-rules', /Pods have 2 different rule documents/);
    const rules = await page.locator('#pods [data-part="rules"]').allInnerTexts();
    expect(rules.map((text) => text.split(' ')[0]).sort()).toEqual(['first', 'first', 'second']);
    expect((await run.pods[2]?.stop())?.code).toBe(0);
    await eventually(async () => {
      expect(await words()).not.toMatch(/different rule documents/);
    });
  });
});
