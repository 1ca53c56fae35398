/** The contract's table of the coupon API, a test a row, against a server that behaves so. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCouponApi, type CouponApi, type CouponApiOptions } from '../../../src/partners/coupon-api.ts';
import type { CouponAnswer } from '../../../src/pipeline/ports.ts';
import { startHttpStub, type Behaviour, type HttpStub } from '../../support/http-stub.ts';
import { holdOf } from '../../support/hold-of.ts';
import { couponQuery, createLogBook, until } from '../../support/partner-fakes.ts';
import { systemClock } from '../../../src/telemetry/system-clock.ts';

const coupon = { couponId: 'c-1', merchantId: 'm-1', title: 'Ten percent' };
const some = { body: JSON.stringify({ coupons: [coupon] }) };
const someCoupons = { kind: 'coupons', coupons: [coupon] };
const noCoupons = { kind: 'coupons', coupons: [] };
const held = new AbortController().signal;

let stub: HttpStub;
let api: CouponApi;
let calls: string[];
let invalid: number;

function build(options: Partial<CouponApiOptions> = {}): void {
  api = createCouponApi({
    url: stub.url,
    timeoutMs: 500,
    concurrency: 8,
    clock: systemClock,
    logger: createLogBook(),
    onCall: (result) => calls.push(result),
    onInvalidCoupons: (count) => (invalid += count),
    ...options,
  });
}

const find = (staleInMs?: number, signal = held): Promise<CouponAnswer> =>
  api.find(couponQuery({}, staleInMs), holdOf(signal));

beforeEach(async () => {
  stub = await startHttpStub();
  calls = [];
  invalid = 0;
  build();
});
afterEach(async () => {
  await api.stop();
  await stub.close();
});

describe('the call', () => {
  test('asks where, for whom and in which trace', async () => {
    stub.script(some);
    build({ url: `${stub.url}/partner/` });
    const query = couponQuery({
      eventId: 'ev\n1',
      userId: 'ü 1',
      latitude: 1e-7,
      longitude: -3.5,
      merchantId: 'm&1',
    });
    expect(await api.find(query, holdOf(held))).toEqual(someCoupons);
    const [request] = stub.requests;
    expect(request?.method).toBe('GET');
    expect(request?.url).toBe(
      '/partner/v1/coupons?userId=%C3%BC%201&latitude=0.0000001&longitude=-3.5&merchantId=m%261',
    );
    expect(request?.headers).toMatchObject({ 'x-event-id': 'ev%0A1', traceparent: query.traceparent });
    expect(request?.headers.authorization).toBeUndefined();
  });

  test('sockets serve many calls', async () => {
    stub.script(some);
    for (let n = 0; n < 20; n += 1) await find();
    // undici rests a socket for one turn of the event loop, so two take turns.
    expect(stub.socketsEver()).toBeLessThanOrEqual(2);
  });

  test('no more are out than the router pool has slots', async () => {
    stub.script({ ...some, delayMs: 20 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => find()));
    expect(answers).toHaveLength(50);
    expect(stub.mostOpen()).toBe(8);
    expect(stub.socketsEver()).toBe(8);
    expect(api.stats()).toMatchObject({ inFlight: 0, waiting: 0, limit: 8, breaker: 'closed' });
    expect(api.stats().p50Ms).toBeGreaterThan(15);
  });

  test('stopped, it closes its sockets', async () => {
    stub.script(some);
    await find();
    await api.stop();
    await until(() => stub.sockets() === 0);
  });
});

describe('200, 204, 404: an answer', () => {
  test('200 with coupons', async () => {
    stub.script(some);
    expect(await find()).toEqual(someCoupons);
    expect(calls).toEqual(['ok']);
  });

  test.each<[string, Behaviour]>([
    ['204', { status: 204 }],
    ['404', { status: 404, body: '<html>' }],
    ['an empty list', { body: '{"coupons":[]}' }],
    ['404 whose body never ends', { status: 404, drip: 'x', everyMs: 20 }],
    ['404 with a flood', { status: 404, flood: true }],
    ['404 cut off in its body', { status: 404, reset: 'mid_answer' }],
  ])('%s is no coupons', async (_name, behaviour) => {
    stub.script(behaviour);
    expect(await find()).toEqual(noCoupons);
    expect(calls).toEqual(['none']);
  });

  test('a coupon that breaks the schema is left out and counted', async () => {
    stub.script({ body: JSON.stringify({ coupons: [{ ...coupon, title: 7 }, coupon, null] }) });
    expect(await find()).toEqual(someCoupons);
    expect(invalid).toBe(2);
  });

  test('none left is no coupons', async () => {
    stub.script({ body: JSON.stringify({ coupons: [{}] }) });
    expect(await find()).toEqual(noCoupons);
    expect(calls).toEqual(['none']);
  });

  test('a body in many pieces is put together', async () => {
    const many = Array.from({ length: 5000 }, (_, n) => ({
      ...coupon,
      couponId: `c-${n}`,
      body: 'ü'.repeat(20),
    }));
    stub.script({ body: JSON.stringify({ coupons: many }) });
    const answer = await find();
    expect(answer.kind === 'coupons' && answer.coupons.length).toBe(5000);
  });
});

describe('other 4xx, or no such JSON: rejected at once', () => {
  test.each([400, 403, 405, 410, 422, 451, 301, 302, 304, 307])('%i', async (status) => {
    stub.script({ status, headers: { location: 'http://127.0.0.1:1/' } });
    expect(await find()).toEqual({ kind: 'rejected', error: `HTTP ${status}` });
    expect(calls).toEqual(['rejected']);
    expect(stub.requests).toHaveLength(1);
  });

  test.each(['', 'null', '[]', '<html>secret</html>', '{"coupons":7}', '{"coupons":[{"couponId":'])(
    'a 200 with %j',
    async (body) => {
      stub.script({ body });
      const answer = await find();
      expect(answer.kind).toBe('rejected');
      expect(JSON.stringify(answer)).not.toContain('secret');
      expect(calls).toEqual(['rejected']);
    },
  );

  test('a 200 that is a flood is cut off', async () => {
    stub.script({ flood: true });
    expect(await find()).toEqual({ kind: 'rejected', error: 'the answer is too large' });
    await until(() => stub.sockets() === 0);
  });

  test('a length that is announced too large is cut off as well', async () => {
    build({ maxResponseBytes: 1000 });
    stub.script({ body: `{"coupons":[],"x":"${'y'.repeat(1000)}"}` });
    expect((await find()).kind).toBe('rejected');
  });
});

describe('408, 429, 5xx, timeout, refused, reset: retried until it answers', () => {
  test.each<[string, Behaviour, string]>([
    ['408', { status: 408 }, 'timeout'],
    ['429', { status: 429 }, 'throttled'],
    ['500', { status: 500, body: 'x' }, 'server_error'],
    ['502', { status: 502 }, 'server_error'],
    ['503', { status: 503 }, 'server_error'],
    ['599', { status: 599 }, 'server_error'],
    ['silence', { silent: true }, 'timeout'],
    ['an answer that drips', { drip: ' ', everyMs: 20 }, 'timeout'],
    ['503 that drips', { status: 503, drip: ' ', everyMs: 20 }, 'server_error'],
    ['a reset before reading', { reset: 'before_reading' }, 'network'],
    ['a reset after reading', { reset: 'after_reading' }, 'network'],
    ['a reset in the middle of a 200', { reset: 'mid_answer' }, 'network'],
    ['no HTTP at all', { raw: 'SSH-2.0-OpenSSH_9.6\r\n' }, 'network'],
  ])('%s', async (_name, behaviour, result) => {
    stub.script(behaviour, some);
    expect(await find()).toEqual(someCoupons);
    expect(calls).toEqual([result, 'ok']);
  });

  test('refused', async () => {
    await stub.close();
    const answer = find();
    await until(() => calls.length >= 2);
    stub.script(some);
    await stub.listen();
    expect(await answer).toEqual(someCoupons);
    expect(new Set(calls.slice(0, -1))).toEqual(new Set(['network']));
  });

  test('a name that does not resolve', async () => {
    build({ url: 'http://partner.invalid' });
    expect(await find(200)).toEqual({ kind: 'stale' });
    expect(calls[0]).toBe('network');
  });

  test('the time limit is one for the whole call', async () => {
    stub.script({ drip: ' ', everyMs: 10 }, some);
    const startedMs = performance.now();
    await find();
    expect(stub.requests[1]!.atMs - startedMs).toBeGreaterThan(480);
    expect(stub.requests[1]!.atMs - startedMs).toBeLessThan(1500);
  });

  test('an answer that came while our own event loop stood still is no timeout', async () => {
    stub.script(() => {
      setImmediate(() => {
        const stillUntil = performance.now() + 700;
        while (performance.now() < stillUntil);
      });
      return some;
    });
    expect(await find()).toEqual(someCoupons);
    expect(calls).toEqual(['ok']);
  });

  test('Retry-After in seconds is honoured', async () => {
    stub.script({ status: 429, headers: { 'retry-after': '1' } }, some);
    await find();
    expect(stub.requests[1]!.atMs - stub.requests[0]!.atMs).toBeGreaterThanOrEqual(990);
  });

  test('Retry-After as a date is honoured', async () => {
    const date = new Date(Date.now() + 2000).toUTCString();
    stub.script({ status: 503, headers: { 'retry-after': date } }, some);
    await find();
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(date) - 10);
  });

  test('a Retry-After beyond the event’s age ends as stale, at that age', async () => {
    stub.script({ status: 503, headers: { 'retry-after': '3600' } });
    const startedMs = performance.now();
    expect(await find(300)).toEqual({ kind: 'stale' });
    expect(performance.now() - startedMs).toBeGreaterThan(280);
    expect(performance.now() - startedMs).toBeLessThan(1000);
    expect(stub.requests).toHaveLength(1);
  });

  test('pauses grow, with jitter', async () => {
    build({ random: () => 0.999 });
    stub.script({ status: 500 }, { status: 500 }, { status: 500 }, some);
    await find();
    const gaps = stub.requests.slice(1).map((request, n) => request.atMs - stub.requests[n]!.atMs);
    // A pause may be longer on a busy machine, never shorter.
    expect(gaps.map((gap, n) => gap + 10 >= 100 * 2 ** n)).toEqual([true, true, true]);
  });
});
