/**
 * COUPON_API_CONCURRENCY=auto over real sockets: a partner that serves so many calls at once, without saying so,
 * and lets the others wait. Figures are printed; asserted is only that the limit is of the right size.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createCouponApi } from '../../../../src/partners/coupon/coupon-api.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { startHttpStub, type Answer } from '../../../support/partners/http-stub.ts';
import { ownershipOf } from '../../../support/kafka/ownership-of.ts';
import { couponQuery } from '../../../support/partners/partner-fakes.ts';
import { silentLogger } from '../../../support/silent-logger.ts';

const CAPACITY = 24;
const FEWEST_MS = 20;
const MOST_MS = 60;

/** Answers once one of `CAPACITY` servers has worked on it. */
function serve(): () => Promise<Answer> {
  const waiting: (() => void)[] = [];
  let free = CAPACITY;
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    await delay(FEWEST_MS + Math.random() * (MOST_MS - FEWEST_MS));
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
    return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"coupons":[]}' };
  };
}

interface Seen {
  readonly limit: number;
  readonly perSecond: number;
  readonly p50Ms: number;
}

/** Keeps events waiting all the time; what is seen is of the last quarter. */
async function load(concurrency: number | 'auto', forMs: number): Promise<Seen> {
  const stub = await startHttpStub();
  stub.script(serve());
  const { signal } = new AbortController();
  let answers = 0;
  const api = createCouponApi({
    url: stub.url,
    timeoutMs: 5000,
    concurrency,
    clock: systemClock,
    logger: silentLogger,
    onCall: () => (answers += 1),
  });
  let isOver = false;
  const keepAsking = async () => {
    while (!isOver) await api.find(couponQuery({}), ownershipOf(signal));
  };
  const askers = Array.from({ length: 300 }, keepAsking);
  await delay(0.75 * forMs);
  const limits: number[] = [];
  const before = { answers, atMs: performance.now() };
  while (performance.now() < before.atMs + forMs / 4) {
    limits.push(api.stats().limit);
    await delay(20);
  }
  const perSecond = (1000 * (answers - before.answers)) / (performance.now() - before.atMs);
  const { p50Ms } = api.stats();
  isOver = true;
  await Promise.all(askers);
  await api.stop();
  await stub.close();
  return { limit: limits.reduce((sum, one) => sum + one, 0) / limits.length, perSecond, p50Ms };
}

test('finds what the partner can do at once', async () => {
  const best = await load(CAPACITY, 2000);
  const found = await load('auto', 8000);
  for (const [what, seen] of Object.entries({ best, auto: found })) {
    const { limit, perSecond, p50Ms } = seen;
    console.log(
      `  ${what}: limit ${limit.toFixed(1)}, ${perSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(0)} ms`,
    );
  }
  expect(found.limit).toBeGreaterThan(CAPACITY / 2);
  expect(found.limit).toBeLessThan(CAPACITY * 2);
});
