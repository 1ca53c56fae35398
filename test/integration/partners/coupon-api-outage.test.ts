/** What an outage of the coupon API does to the calls, and how they come back. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AbandonedError } from '../../../src/domain/errors.ts';
import { createCouponApi, type CouponApi } from '../../../src/partners/coupon-api.ts';
import type { CouponAnswer } from '../../../src/pipeline/ports.ts';
import { PROBES } from '../../../src/partners/circuit-breaker.ts';
import { startHttpStub, type HttpStub } from '../../support/http-stub.ts';
import { couponQuery, createLogBook, realClock, until } from '../../support/partner-fakes.ts';

const some = { body: '{"coupons":[{"couponId":"c","merchantId":"m","title":"t"}]}' };
const held = new AbortController().signal;

let stub: HttpStub;
let api: CouponApi;
const log = createLogBook();

function build(timeoutMs: number, concurrency: number | 'auto' = 64): void {
  api = createCouponApi({ url: stub.url, timeoutMs, concurrency, clock: realClock, logger: log });
}

beforeEach(async () => {
  stub = await startHttpStub();
  log.lines.length = 0;
  build(300);
});
afterEach(async () => {
  await api.stop();
  await stub.close();
});

function flood(count: number, staleInMs = 60_000, signal = held): Promise<CouponAnswer>[] {
  const answers = Array.from({ length: count }, (_, n) =>
    api.find(couponQuery({ userId: `u-${n}` }, staleInMs), signal),
  );
  // A test that fails before it awaits them shows its own reason only.
  for (const answer of answers) answer.catch(() => {});
  return answers;
}

test('a dead API is not hammered, nobody fails, and the calls are back within seconds', async () => {
  stub.script({ status: 503 });
  const answers = flood(500);
  await until(() => api.stats().breaker === 'open');
  const callsAtOpening = stub.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 2500));
  // What was on its way already, then rests of 0.25–0.5, 0.5–1 and 1–2 s with a handful of probes after each.
  expect(stub.requests.length - callsAtOpening).toBeLessThan(2 * 64 + 5 * PROBES);
  expect(api.stats().waiting).toBeGreaterThan(100);
  stub.script(some);
  const recoveredMs = performance.now();
  const ends = await Promise.all(answers);
  expect(performance.now() - recoveredMs).toBeLessThan(10_000);
  expect(new Set(ends.map((end) => end.kind))).toEqual(new Set(['coupons']));
  expect(api.stats().breaker).toBe('closed');
  expect(log.lines.filter(({ level }) => level === 'warn').length).toBeGreaterThan(0);
  expect(log.lines.at(-1)).toMatchObject({ level: 'info' });
});

test('half open lets few probes through, and what follows starts small', async () => {
  stub.script({ status: 500 });
  const answers = flood(300);
  await until(() => api.stats().breaker === 'open');
  await until(() => stub.open() === 0);
  const outAtOnce: number[] = [];
  stub.script(async () => {
    outAtOnce.push(stub.open());
    await new Promise((resolve) => setTimeout(resolve, 30));
    return some;
  });
  await Promise.all(answers);
  expect(Math.max(...outAtOnce.slice(0, PROBES))).toBeLessThanOrEqual(PROBES);
  expect(Math.max(...outAtOnce.slice(0, 2 * PROBES))).toBeLessThan(16);
  // … and is at full width soon after: the limit is a ramp, not a new bound.
  expect(Math.max(...outAtOnce)).toBeGreaterThan(32);
}, 15_000);

test('while it is open calls wait until they are stale, and no longer', async () => {
  stub.script({ status: 500 });
  const warmUp = flood(100, 1500);
  await until(() => api.stats().breaker === 'open');
  const startedMs = performance.now();
  const late = flood(5, 700);
  expect((await Promise.all(late)).map((end) => end.kind)).toEqual(Array(5).fill('stale'));
  expect(performance.now() - startedMs).toBeLessThan(1200);
  expect((await Promise.all(warmUp)).every((end) => end.kind === 'stale')).toBe(true);
});

test('a hold that is lost while it is open ends the wait at once', async () => {
  stub.script({ status: 500 });
  const hold = new AbortController();
  const ends = Promise.allSettled(flood(2000, 60_000, hold.signal));
  await until(() => api.stats().breaker === 'open');
  const startedMs = performance.now();
  hold.abort();
  const reasons = (await ends).map((end): unknown => (end.status === 'rejected' ? end.reason : end));
  expect(reasons.every((reason) => reason instanceof AbandonedError)).toBe(true);
  expect(performance.now() - startedMs).toBeLessThan(500);
  expect(api.stats()).toMatchObject({ inFlight: 0, waiting: 0 });
});

test('an API that hangs is given up call by call, in bounded sockets', async () => {
  stub.script({ silent: true });
  const answers = flood(200, 1500);
  await until(() => api.stats().breaker !== 'closed');
  expect(stub.mostOpen()).toBeLessThanOrEqual(64);
  expect((await Promise.all(answers)).every((end) => end.kind === 'stale')).toBe(true);
  await until(() => stub.open() === 0);
});

test('answers that fail now and then open nothing', async () => {
  await api.stop();
  build(5000);
  let count = 0;
  stub.script(() => ((count += 1) % 5 === 0 ? { status: 500 } : some));
  const ends = await Promise.all(flood(1000));
  expect(ends.every((end) => end.kind === 'coupons')).toBe(true);
  expect(log.lines).toEqual([]);
});

test('concurrency `auto` finds a limit and keeps the answers', async () => {
  await api.stop();
  api = createCouponApi({
    url: stub.url,
    timeoutMs: 1000,
    concurrency: 'auto',
    clock: realClock,
    logger: log,
  });
  stub.script({ ...some, delayMs: 10 });
  const ends = await Promise.all(flood(3000));
  expect(ends.every((end) => end.kind === 'coupons')).toBe(true);
  expect(stub.mostOpen()).toBeGreaterThan(8);
  expect(stub.mostOpen()).toBeLessThanOrEqual(512);
}, 20_000);
