/**
 * What an outage of the coupon API does to the calls, and how they come back. The server is real, the time of the
 * policies is not: rests and backoffs pass when a test says so, so that a busy machine changes nothing.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AbandonedError } from '../../../../src/runtime/errors.ts';
import { PROBES } from '../../../../src/partners/coupon/circuit-breaker.ts';
import { createCouponApi, type CouponApi } from '../../../../src/partners/coupon/coupon-api.ts';
import type { CouponAnswer } from '../../../../src/pipeline/ports.ts';
import { startHttpStub, type Behaviour, type HttpStub } from '../../../support/partners/http-stub.ts';
import { ownershipOf } from '../../../support/kafka/ownership-of.ts';
import {
  couponQuery,
  createFakeClock,
  createLogBook,
  until,
  type FakeClock,
} from '../../../support/partners/partner-fakes.ts';

const some: Behaviour = { body: '{"coupons":[{"couponId":"c","merchantId":"m","title":"t"}]}' };
const held = new AbortController().signal;
const WIDTH = 64;

let stub: HttpStub;
let api: CouponApi;
let clock: FakeClock;
const log = createLogBook();

function build(timeoutMs: number, concurrency: number | 'auto' = WIDTH): void {
  clock = createFakeClock();
  const time = { clock, nowMs: () => clock.now(), random: () => 0.999 };
  api = createCouponApi({ url: stub.url, timeoutMs, concurrency, logger: log, ...time });
}

beforeEach(async () => {
  stub = await startHttpStub();
  log.lines.length = 0;
  build(10_000);
});
afterEach(async () => {
  await api.stop();
  await stub.close();
});

function flood(count: number, staleInMs = 600_000, signal = held): Promise<CouponAnswer>[] {
  const answers = Array.from({ length: count }, (_, n) =>
    api.find(
      { ...couponQuery({ userId: `u-${n}` }), staleAtMs: clock.now() + staleInMs },
      ownershipOf(signal),
    ),
  );
  // A test that fails before it awaits them shows its own reason only.
  for (const answer of answers) answer.catch(() => {});
  return answers;
}

/** Every call that could go out has gone out and come back. */
async function quiet(): Promise<void> {
  for (let calls = -1; calls !== stub.requests.length;) {
    calls = stub.requests.length;
    await until(() => api.stats().inFlight === 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function pass(ms: number): Promise<void> {
  await clock.advance(ms);
  await quiet();
}

async function openBreaker(count: number): Promise<Promise<CouponAnswer>[]> {
  stub.script({ status: 503 });
  const answers = flood(count);
  await until(() => api.stats().breaker === 'open');
  await quiet();
  return answers;
}

/** The server keeps every request until it is told to answer those it has. */
function keepRequests(): { readonly kept: () => number; readonly answerAll: () => void } {
  let waiting: ((behaviour: Behaviour) => void)[] = [];
  stub.script(() => new Promise<Behaviour>((resolve) => waiting.push(resolve)));
  return {
    kept: () => waiting.length,
    answerAll() {
      const all = waiting;
      waiting = [];
      for (const answer of all) answer(some);
    },
  };
}

test('a dead API is called no more but for a few probes, and nobody fails', async () => {
  const answers = await openBreaker(500);
  expect(stub.requests.length).toBeLessThanOrEqual(2 * WIDTH);
  for (const restMs of [500, 1000, 2000, 4000, 4000]) {
    const before = stub.requests.length;
    await pass(restMs);
    expect(stub.requests.length - before).toBeGreaterThan(0);
    expect(stub.requests.length - before).toBeLessThanOrEqual(PROBES);
    expect(api.stats()).toMatchObject({ breaker: 'open', inFlight: 0 });
  }
  expect(log.lines.filter(({ level }) => level === 'warn').length).toBeGreaterThan(0);

  stub.script(some);
  let passedMs = 0;
  for (; passedMs < 10_000 && (api.stats().breaker !== 'closed' || api.stats().waiting > 0); passedMs += 250)
    await pass(250);
  // The longest rest is over, and so is the longest backoff: everything is back within ten seconds.
  expect(passedMs).toBeLessThan(10_000);
  await pass(4000);
  const ends = await Promise.all(answers);
  expect(ends.every((end) => end.kind === 'coupons')).toBe(true);
  expect(api.stats()).toMatchObject({ breaker: 'closed', limit: WIDTH });
  expect(log.lines.at(-1)).toMatchObject({ level: 'info' });
});

test('half open lets few probes through, and what follows starts small and doubles', async () => {
  const answers = await openBreaker(1000);
  const server = keepRequests();
  await clock.advance(500);
  for (const width of [PROBES, 4, 8, 16, 32, WIDTH, WIDTH]) {
    await until(() => server.kept() >= width);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.kept()).toBe(width);
    expect(api.stats().inFlight).toBe(width);
    server.answerAll();
  }
  stub.script(some);
  server.answerAll();
  await pass(4000);
  expect((await Promise.all(answers)).every((end) => end.kind === 'coupons')).toBe(true);
});

test('while it is open calls wait until they are stale, and no longer', async () => {
  const early = await openBreaker(100);
  const late = flood(5, 400);
  let ended = 0;
  for (const answer of late) void answer.then(() => (ended += 1));
  await clock.advance(390);
  expect(ended).toBe(0);
  await clock.advance(100);
  expect((await Promise.all(late)).map((end) => end.kind)).toEqual(Array(5).fill('stale'));
  expect(api.stats().waiting).toBeGreaterThan(0);
  expect(api.stats().waiting).toBeLessThanOrEqual(early.length);
});

test('a hold that is lost while it is open ends all its waits', async () => {
  stub.script({ status: 500 });
  const hold = new AbortController();
  const answers = flood(2000, 600_000, hold.signal);
  await until(() => api.stats().breaker === 'open');
  await quiet();
  hold.abort();
  for (const end of await Promise.allSettled(answers)) {
    expect(end.status === 'rejected' && end.reason instanceof AbandonedError).toBe(true);
  }
  expect(api.stats()).toMatchObject({ inFlight: 0, waiting: 0 });
});

test('an API that hangs is given up call by call, in bounded sockets', async () => {
  await api.stop();
  build(300);
  stub.script({ silent: true });
  const answers = flood(200, 20_000);
  await until(() => api.stats().breaker === 'open');
  await until(() => api.stats().inFlight === 0);
  expect(stub.mostOpen()).toBeLessThanOrEqual(WIDTH);
  await until(() => stub.open() === 0);
  await clock.advance(20_000);
  await until(() => api.stats().inFlight === 0);
  await clock.advance(10_000);
  expect((await Promise.all(answers)).every((end) => end.kind === 'stale')).toBe(true);
});

test('answers that fail now and then open nothing', async () => {
  let count = 0;
  stub.script(() => ((count += 1) % 5 === 0 ? { status: 500 } : some));
  const answers = flood(1000);
  for (let passes = 0; passes < 12; passes += 1) await pass(4000);
  expect((await Promise.all(answers)).every((end) => end.kind === 'coupons')).toBe(true);
  expect(log.lines).toEqual([]);
});

test('concurrency `auto` finds a limit and keeps the answers', async () => {
  await api.stop();
  build(10_000, 'auto');
  stub.script({ ...some, delayMs: 10 });
  const ends = await Promise.all(flood(3000));
  expect(ends.every((end) => end.kind === 'coupons')).toBe(true);
  expect(stub.mostOpen()).toBeGreaterThan(8);
  expect(stub.mostOpen()).toBeLessThanOrEqual(512);
}, 90_000);
