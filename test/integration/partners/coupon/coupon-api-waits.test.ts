/** How the waits of a coupon call end: at the event's age, or at once with its hold. */
import { describe, expect, test } from 'vitest';
import { AbandonedError } from '../../../../src/runtime/errors.ts';
import type { TokenSource } from '../../../../src/partners/auth/token-source.ts';
import type { Behaviour } from '../../../support/partners/http-stub.ts';
import { until } from '../../../support/partners/partner-fakes.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { some, someCoupons, useCouponRig } from './coupon-rig.ts';

const rig = useCouponRig(2000);
const { build, find } = rig;

describe('stale', () => {
  test('a timer that ends a moment early is no lost hold', async () => {
    const tokens: TokenSource = {
      start: () => undefined,
      current: () => undefined,
      token: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(undefined), { once: true });
        }),
      renew: () => Promise.resolve(undefined),
      worked: () => undefined,
      hasValidToken: () => false,
      lastError: () => undefined,
      stop: () => undefined,
    };
    const hasty = {
      ...systemClock,
      sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 2, signal),
    };
    build({ tokens, clock: hasty });
    expect(await find(40)).toEqual({ kind: 'stale' });
  });

  test('an event that is stale already costs no call', async () => {
    expect(await find(-1)).toEqual({ kind: 'stale' });
    expect(rig.stub.requests).toHaveLength(0);
  });

  test('retries end when the event is stale', async () => {
    rig.stub.script({ status: 500 });
    expect(await find(3000)).toEqual({ kind: 'stale' });
    expect(rig.calls.length).toBeGreaterThan(1);
  });

  test('so does the wait for a slot', async () => {
    build({ concurrency: 1, timeoutMs: 120_000 });
    const answer = Promise.withResolvers<Behaviour>();
    rig.stub.script(() => answer.promise);
    const first = find();
    // The one slot is taken until the test says so.
    expect(await find(200)).toEqual({ kind: 'stale' });
    answer.resolve(some);
    expect(await first).toEqual(someCoupons);
    expect(rig.stub.requests).toHaveLength(1);
  });
});

describe('whether a call is out within its time limit', () => {
  test('while it is; not before, and not where a place is held for longer', async () => {
    const renewal = Promise.withResolvers<undefined>();
    const tokens: TokenSource = {
      start: () => undefined,
      current: () => 'token',
      token: () => Promise.resolve('token'),
      renew: () => renewal.promise,
      worked: () => undefined,
      hasValidToken: () => true,
      lastError: () => undefined,
      stop: () => undefined,
    };
    build({ tokens, concurrency: 1, timeoutMs: 1500 });
    const answer = Promise.withResolvers<Behaviour>();
    rig.stub.script(() => answer.promise);
    expect(rig.api.stats().isCallInTime).toBe(false);
    const found = find(6000);
    await until(() => rig.stub.requests.length === 1);
    expect(rig.api.stats()).toMatchObject({ inFlight: 1, isCallInTime: true });
    answer.resolve({ status: 401 });
    // The call is over; its place waits for a token from a server that hangs.
    await until(() => !rig.api.stats().isCallInTime);
    expect(rig.api.stats().inFlight).toBe(1);
    renewal.resolve(undefined);
    rig.stub.script(some);
    expect(await found).toEqual(someCoupons);
    expect(rig.api.stats()).toMatchObject({ inFlight: 0, isCallInTime: false });
  });
});

describe('a lost hold', () => {
  test('before the call: no call', async () => {
    await expect(find(1000, AbortSignal.abort())).rejects.toBeInstanceOf(AbandonedError);
    expect(rig.stub.requests).toHaveLength(0);
  });

  test.each<[string, Behaviour]>([
    ['during a call', { silent: true }],
    ['during a backoff', { status: 503, headers: { 'retry-after': '600' } }],
    ['during an answer', { drip: ' ', everyMs: 5 }],
  ])('%s: abandoned promptly', async (_name, behaviour) => {
    // Far beyond the test's own limit: only the lost hold ends the call.
    build({ timeoutMs: 600_000 });
    rig.stub.script(behaviour);
    const hold = new AbortController();
    const answer = find(600_000, hold.signal);
    await until(() => rig.stub.requests.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    hold.abort();
    await expect(answer).rejects.toBeInstanceOf(AbandonedError);
    expect(rig.api.stats().inFlight).toBe(0);
    await until(() => rig.stub.open() === 0);
  });

  test('during the wait for a slot: abandoned promptly, the slot goes to the next', async () => {
    build({ concurrency: 1, timeoutMs: 10_000 });
    rig.stub.script({ ...some, delayMs: 200 });
    const hold = new AbortController();
    const first = find();
    const second = find(60_000, hold.signal);
    const third = find();
    hold.abort();
    await expect(second).rejects.toBeInstanceOf(AbandonedError);
    expect(await first).toEqual(someCoupons);
    expect(await third).toEqual(someCoupons);
    expect(rig.stub.requests).toHaveLength(2);
  });

  test('stop abandons all', async () => {
    build({ concurrency: 2, timeoutMs: 10_000 });
    rig.stub.script({ silent: true });
    const answers = Array.from({ length: 10 }, () => find());
    await until(() => rig.stub.open() === 2);
    const ends = Promise.allSettled(answers);
    await rig.api.stop();
    for (const end of await ends) {
      expect(end).toMatchObject({ status: 'rejected', reason: { name: 'AbandonedError' } });
    }
    await expect(find()).rejects.toBeInstanceOf(AbandonedError);
    // Our own end is no failure of the partner's.
    expect(rig.calls).toEqual([]);
  });
});
