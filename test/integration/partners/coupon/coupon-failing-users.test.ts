/**
 * Users whose calls fail while others' are answered: they end after their patience, keep nobody else waiting, and are
 * never taken for an API that is away.
 */
import { afterEach, expect, test } from 'vitest';
import type { TokenSource } from '../../../../src/partners/auth/token-source.ts';
import type { CouponAnswer } from '../../../../src/pipeline/ports.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import type { Behaviour } from '../../../support/partners/http-stub.ts';
import { ownershipOf } from '../../../support/kafka/ownership-of.ts';
import { couponQuery, until } from '../../../support/partners/partner-fakes.ts';
import { some, useCouponRig } from './coupon-rig.ts';

const PATIENCE_MS = 600;
const STALE_MS = 600_000;
const rig = useCouponRig(250);
const held = new AbortController().signal;
const userOf = (url: string): string => new URL(url, 'http://x').searchParams.get('userId') ?? '';
const isSick = (url: string): boolean => userOf(url).startsWith('sick');

let stopOthers: (() => Promise<number>) | undefined;
afterEach(async () => {
  await stopOthers?.();
  stopOthers = undefined;
});

interface Asked {
  readonly userId: string;
  readonly receivedAtMs?: number;
  readonly staleInMs?: number;
}

function find({
  userId,
  receivedAtMs = performance.now(),
  staleInMs = STALE_MS,
}: Asked): Promise<CouponAnswer> {
  const answer = rig.api.find({ ...couponQuery({ userId }, staleInMs), receivedAtMs }, ownershipOf(held));
  answer.catch(() => undefined);
  return answer;
}

/** Other users' events, one after the other in each of so many lines. @returns how many were answered. */
function others(lines = 2): () => Promise<number> {
  let isOver = false;
  let answered = 0;
  const running = Array.from({ length: lines }, async (_, line) => {
    for (let n = 0; !isOver; n += 1) {
      const end = await find({ userId: `good-${String(line)}-${String(n)}` });
      expect(end.kind).toBe('coupons');
      answered += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
  stopOthers = async () => {
    isOver = true;
    await Promise.all(running);
    return answered;
  };
  return stopOthers;
}

function sickAre(behaviour: Behaviour): void {
  rig.stub.script(({ url }) => (isSick(url) ? behaviour : some));
}

const triesOf = (userId: string): number =>
  rig.stub.requests.filter(({ url }) => userOf(url) === userId).length;

test('503 for good: tried again until the patience is used up, then failed, with the last failure and the tries', async () => {
  rig.build({ patienceMs: PATIENCE_MS });
  sickAre({ status: 503 });
  others();
  const startedMs = performance.now();
  const end = await find({ userId: 'sick' });
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(PATIENCE_MS);
  expect(triesOf('sick')).toBeGreaterThan(1);
  expect(end).toMatchObject({ kind: 'failed' });
  expect(end.kind === 'failed' && end.error).toMatch(
    new RegExp(`^HTTP 503 at the last of ${String(triesOf('sick'))} tries; .* while others were answered$`),
  );
  expect(rig.api.stats()).toMatchObject({ breaker: 'closed', failingAlone: { events: 0 } });
});

test('what they wait for is told apart from an API that is away', async () => {
  rig.build({ patienceMs: 60_000 });
  sickAre({ status: 503 });
  others();
  for (const userId of ['sick-1', 'sick-2', 'sick-3']) void find({ userId });
  await until(() => rig.api.stats().failingAlone.events === 3);
  expect(rig.api.stats()).toMatchObject({ failingAlone: { users: 3 }, waitingForAll: { events: 0 } });
  await stopOthers?.();
});

test('429 with Retry-After: not tried before that, and failed when its patience ends', async () => {
  rig.build({ patienceMs: PATIENCE_MS });
  sickAre({ status: 429, headers: { 'retry-after': '60' } });
  others();
  expect(await find({ userId: 'sick' })).toMatchObject({
    kind: 'failed',
    error: expect.stringMatching(/^HTTP 429 at its one try/) as unknown,
  });
  expect(triesOf('sick')).toBe(1);
});

test('stale comes first where it is sooner', async () => {
  rig.build({ patienceMs: 60_000 });
  sickAre({ status: 503 });
  others();
  expect(await find({ userId: 'sick', staleInMs: 400 })).toEqual({ kind: 'stale' });
});

test('an event that waited behind its user’s failing one ends when its own time is up, after one try', async () => {
  rig.build({ patienceMs: PATIENCE_MS });
  sickAre({ status: 503 });
  others();
  const receivedAtMs = performance.now();
  expect(await find({ userId: 'sick', receivedAtMs })).toMatchObject({ kind: 'failed' });
  const before = triesOf('sick');
  for (let behind = 0; behind < 5; behind += 1) {
    expect(await find({ userId: 'sick', receivedAtMs })).toMatchObject({ kind: 'failed' });
  }
  expect(triesOf('sick')).toBe(before + 5);
  // One that came just now has all its time, and the user is well meanwhile.
  const fresh = find({ userId: 'sick' });
  await until(() => triesOf('sick') > before + 5);
  rig.stub.script(some);
  expect(await fresh).toMatchObject({ kind: 'coupons' });
});

test('calls that hang for their whole time limit: they hold a quarter of the pool, the others flow', async () => {
  rig.build({ patienceMs: 1500, concurrency: 16 });
  let hanging = 0;
  let mostAgain = 0;
  const seen = new Set<string>();
  rig.stub.script(async ({ url }): Promise<Behaviour> => {
    if (!isSick(url)) return { ...some, delayMs: 20 };
    const isAgain = seen.has(userOf(url));
    seen.add(userOf(url));
    if (isAgain) mostAgain = Math.max(mostAgain, (hanging += 1));
    // Counted for the first half of its time only: one that is given up is followed at once by the next.
    await new Promise((resolve) => setTimeout(resolve, 125));
    if (isAgain) hanging -= 1;
    return { silent: true };
  });
  const stop = others(60);
  const sick = Array.from({ length: 40 }, (_, n) => find({ userId: `sick-${String(n)}` }));
  const ends = await Promise.all(sick);
  expect(ends.map(({ kind }) => kind)).toEqual(Array(40).fill('failed'));
  expect(await stop()).toBeGreaterThan(100);
  // Four, and on a busy machine those that the server still counts.
  expect(mostAgain).toBeLessThan(8);
  expect(rig.api.stats()).toMatchObject({ breaker: 'closed', inFlight: 0 });
});

test.each([0.02, 0.45])(
  'a share of %f of the users fails for good: the breaker stays closed',
  async (share) => {
    rig.build({ patienceMs: PATIENCE_MS, concurrency: 32, timeoutMs: 20_000 });
    const users = 300;
    // Failures come at once, answers take their time.
    rig.stub.script(({ url }) => (isSick(url) ? { status: 503 } : { ...some, delayMs: 50 }));
    // Without anybody else's answers the last of them would look like an outage.
    others();
    let opened = 0;
    const watch = setInterval(() => (opened += rig.api.stats().breaker === 'closed' ? 0 : 1), 1);
    // Evenly mixed, not the sick ones first.
    const prefix = (n: number): string =>
      Math.floor((n + 1) * share) > Math.floor(n * share) ? 'sick' : 'good';
    const ends = await Promise.all(
      Array.from({ length: users }, (_, n) => find({ userId: `${prefix(n)}-${String(n)}`, staleInMs: 5000 })),
    );
    clearInterval(watch);
    expect(opened).toBe(0);
    expect(ends.filter(({ kind }) => kind === 'coupons')).toHaveLength(users - Math.floor(users * share));
  },
  60_000,
);

test.each([['one user'], ['a', 'b', 'c']])(
  'while nobody is answered nothing ends but by its age, also where too few call to open the breaker: %s',
  async (...users) => {
    rig.build({ patienceMs: 200 });
    rig.stub.script({ status: 503 });
    const ends = await Promise.all(users.map((userId) => find({ userId, staleInMs: 1500 })));
    expect(ends).toEqual(users.map(() => ({ kind: 'stale' })));
    expect(rig.api.stats().breaker).toBe('closed');
  },
);

test('an outage in between does not count: whoever failed before it has its time after it', async () => {
  rig.build({ patienceMs: PATIENCE_MS, concurrency: 32 });
  rig.stub.script({ status: 503 });
  const waiting = Array.from({ length: 40 }, (_, n) => find({ userId: `u-${String(n)}` }));
  await until(() => rig.api.stats().breaker === 'open');
  await new Promise((resolve) => setTimeout(resolve, 2 * PATIENCE_MS));
  rig.stub.script(some);
  const ends = await Promise.all(waiting);
  expect(ends.map(({ kind }) => kind)).toEqual(Array(40).fill('coupons'));
});

test('401 for one user: its token is that of the others, so nobody renews it again and again or calls the pod unready', async () => {
  let renewals = 0;
  const tokens: TokenSource = {
    start: () => undefined,
    current: () => 'token',
    token: () => Promise.resolve('token'),
    renew: () => {
      renewals += 1;
      return Promise.resolve('token');
    },
    worked: () => undefined,
    hasValidToken: () => true,
    lastError: () => undefined,
    stop: () => undefined,
  };
  rig.build({ patienceMs: PATIENCE_MS, tokens, clock: systemClock });
  rig.stub.script(({ url }) => (isSick(url) ? { status: 401, delayMs: 30 } : some));
  others(4);
  await until(() => rig.stub.requests.length > 20);
  let unready = 0;
  const watch = setInterval(() => (unready += rig.api.isRefused() ? 1 : 0), 1);
  for (let n = 0; n < 3; n += 1) {
    const end = await find({ userId: 'sick' });
    expect(end).toMatchObject({ kind: 'failed', error: expect.stringContaining('401') as unknown });
  }
  clearInterval(watch);
  expect(renewals).toBe(1);
  expect(unready).toBe(0);
});
