/** 401: one renewal for all, one repeat, and what it means when that is refused as well. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWriteFence } from '../../../src/runtime/write-fence.ts';
import { createCouponApi, type CouponApi } from '../../../src/partners/coupon/coupon-api.ts';
import { createPushApi, type PushApi } from '../../../src/partners/push/push-api.ts';
import { createTokenSource, type TokenSource } from '../../../src/partners/auth/token-source.ts';
import {
  startHttpStub,
  type Behaviour,
  type HttpStub,
  type SeenRequest,
} from '../../support/partners/http-stub.ts';
import { ownershipOf } from '../../support/kafka/ownership-of.ts';
import { couponQuery, createLogBook, until } from '../../support/partners/partner-fakes.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { OPEN_CALL } from '../../support/partners/open-call.ts';

const held = new AbortController().signal;
const push = {
  userId: 'u',
  eventId: 'e',
  couponId: 'c',
  merchantId: 'm',
  title: 't',
  collapseKey: 'k',
  rulesVersion: 'r',
};
const sending = { ...OPEN_CALL, idempotencyKey: 'i', traceparent: 't' };

let auth: HttpStub;
let partner: HttpStub;
let tokens: TokenSource;
let coupons: CouponApi;
let pushes: PushApi;
let accepted: string;
const log = createLogBook();

beforeEach(async () => {
  auth = await startHttpStub();
  partner = await startHttpStub();
  log.lines.length = 0;
  accepted = 't-1';
  let issued = 0;
  auth.script(() => ({ body: JSON.stringify({ access_token: `t-${(issued += 1)}`, expires_in: 3600 }) }));
  partner.script((request: SeenRequest) => {
    if (request.headers.authorization !== `Bearer ${accepted}`) return { status: 401 };
    return { status: 200, body: '{"coupons":[]}' };
  });
  const shared = { clock: systemClock, logger: log };
  tokens = createTokenSource({ url: auth.url, clientId: 'a', clientSecret: 'b', ...shared });
  coupons = createCouponApi({ url: partner.url, timeoutMs: 5000, concurrency: 128, tokens, ...shared });
  pushes = createPushApi({ url: partner.url, timeoutMs: 5000, tokens, ...shared });
});
afterEach(async () => {
  await coupons.stop();
  pushes.stop();
  tokens.stop();
  await Promise.all([auth.close(), partner.close()]);
});

const firstToken = () => tokens.token(AbortSignal.timeout(30_000));
const find = (staleInMs?: number, signal = held) =>
  coupons.find(couponQuery({}, staleInMs), ownershipOf(signal));

describe('coupon API', () => {
  test('401: the token is renewed once for a hundred calls, and each is repeated', async () => {
    tokens.start();
    await firstToken();
    accepted = 't-2';
    const answers = await Promise.all(Array.from({ length: 100 }, () => find()));
    expect(answers.every((answer) => answer.kind === 'coupons')).toBe(true);
    expect(auth.requests).toHaveLength(2);
    expect(coupons.isRefused()).toBe(false);
  });

  test('401 again: an outage, said loudly, the pod not ready, until it is over', async () => {
    tokens.start();
    await firstToken();
    accepted = 'another';
    const answer = find();
    await until(() => coupons.isRefused());
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    accepted = 't-2';
    expect(await answer).toEqual({ kind: 'coupons', coupons: [] });
    expect(coupons.isRefused()).toBe(false);
  });

  test('401 again: retried until the event is stale, without a flood of renewals', async () => {
    tokens.start();
    await firstToken();
    accepted = 'another';
    const startedMs = performance.now();
    expect(await find(4000)).toEqual({ kind: 'stale' });
    // The first token, the first refusal's, and from then on one a second.
    const seconds = Math.floor((performance.now() - startedMs) / 1000);
    expect(auth.requests.length).toBeLessThanOrEqual(2 + seconds);
    expect(partner.requests.length).toBeGreaterThan(2);
  });

  test('a renewal that fails is an outage as well', async () => {
    tokens.start();
    await firstToken();
    accepted = 'another';
    auth.script({ status: 500 });
    expect(await find(3000)).toEqual({ kind: 'stale' });
    expect(coupons.isRefused()).toBe(true);
  });

  test('without a token calls wait for one', async () => {
    const answer = find();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(partner.requests).toHaveLength(0);
    tokens.start();
    expect((await answer).kind).toBe('coupons');
  });

  test('… until the event is stale, or its hold is lost', async () => {
    expect(await find(100)).toEqual({ kind: 'stale' });
    await expect(find(60_000, AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'AbandonedError' });
    const waiting = find();
    const end = expect(waiting).rejects.toMatchObject({ name: 'AbandonedError' });
    await coupons.stop();
    await end;
  });

  test('401 where no auth is configured is an outage', async () => {
    await coupons.stop();
    coupons = createCouponApi({
      url: partner.url,
      timeoutMs: 1000,
      concurrency: 1,
      clock: systemClock,
      logger: log,
    });
    expect(await find(3000)).toEqual({ kind: 'stale' });
    expect(coupons.isRefused()).toBe(true);
  });
});

describe('push API', () => {
  test('401: the token is renewed once and the call repeated', async () => {
    tokens.start();
    await firstToken();
    accepted = 't-2';
    const results = await Promise.all(Array.from({ length: 20 }, () => pushes.send(push, sending)));
    expect(results.every(({ kind }) => kind === 'sent')).toBe(true);
    expect(auth.requests).toHaveLength(2);
  });

  test('401 again is surely not sent, and the pod not ready', async () => {
    tokens.start();
    await firstToken();
    accepted = 'another';
    expect(await pushes.send(push, sending)).toEqual({ kind: 'not_sent', error: 'HTTP 401' });
    expect(partner.requests).toHaveLength(2);
    expect(pushes.isRefused()).toBe(true);
    accepted = 't-2';
    expect(await pushes.send(push, sending)).toEqual({ kind: 'sent' });
    expect(pushes.isRefused()).toBe(false);
  });

  test('a renewal that lasts beyond the deadline to write: not sent, not repeated', async () => {
    tokens.start();
    await firstToken();
    accepted = 't-2';
    const renewed = Promise.withResolvers<Behaviour>();
    auth.script(() => renewed.promise);
    const result = await pushes.send(push, { ...sending, fence: createWriteFence(2000) });
    expect(result.kind).toBe('not_sent');
    renewed.resolve({ body: '{"access_token":"t-2"}' });
    await until(() => tokens.current() === 't-2');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(partner.requests).toHaveLength(1);
  });

  test('no token before the deadline to write: not sent', async () => {
    const result = await pushes.send(push, { ...sending, fence: createWriteFence(50) });
    expect(result).toEqual({ kind: 'not_sent', error: 'no valid token' });
    expect(partner.requests).toHaveLength(0);
  });
});
