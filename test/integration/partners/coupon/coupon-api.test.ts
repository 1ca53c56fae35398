/** The contract's table of the coupon API, a test a row, against a server that behaves so. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { TokenSource } from '../../../../src/partners/auth/token-source.ts';
import { startHttpStub, type Behaviour } from '../../../support/partners/http-stub.ts';
import { ownershipOf } from '../../../support/kafka/ownership-of.ts';
import { couponQuery, until } from '../../../support/partners/partner-fakes.ts';
import { coupon, some, someCoupons, useCouponRig } from './coupon-rig.ts';

const fixedToken: TokenSource = {
  start: () => undefined,
  current: () => 'secret-token',
  token: () => Promise.resolve('secret-token'),
  renew: () => Promise.resolve(undefined),
  worked: () => undefined,
  hasValidToken: () => true,
  lastError: () => undefined,
  stop: () => undefined,
};
const noCoupons = { kind: 'coupons', coupons: [] };

/** Ample for an answer on a busy machine: a call that was to succeed must not run into it. */
const TIMEOUT_MS = 2000;
const rig = useCouponRig(TIMEOUT_MS);
const { build, find } = rig;

describe('the call', () => {
  test('asks where, for whom and in which trace', async () => {
    rig.stub.script(some);
    build({ url: `${rig.stub.url}/partner/` });
    const query = couponQuery({
      eventId: 'ev\n1',
      userId: 'ü 1',
      latitude: 1e-7,
      longitude: -3.5,
      merchantId: 'm&1',
    });
    expect(
      await rig.api.find({ ...query, tracestate: 'a=1' }, ownershipOf(new AbortController().signal)),
    ).toEqual(someCoupons);
    const [request] = rig.stub.requests;
    expect(request?.method).toBe('GET');
    expect(request?.url).toBe(
      '/partner/v1/coupons?userId=%C3%BC%201&latitude=0.0000001&longitude=-3.5&merchantId=m%261',
    );
    expect(request?.headers).toMatchObject({
      'x-event-id': 'ev%0A1',
      traceparent: query.traceparent,
      tracestate: 'a=1',
    });
    expect(request?.headers.authorization).toBeUndefined();
  });

  test('sockets serve many calls', async () => {
    rig.stub.script(some);
    for (let n = 0; n < 20; n += 1) await find();
    // undici rests a socket for one turn of the event loop, so two take turns.
    expect(rig.stub.socketsEver()).toBeLessThanOrEqual(2);
  });

  test('no more are out than the router pool has slots', async () => {
    rig.stub.script({ ...some, delayMs: 20 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => find()));
    expect(answers).toHaveLength(50);
    expect(rig.stub.mostOpen()).toBe(8);
    expect(rig.stub.socketsEver()).toBe(8);
    expect(rig.api.stats()).toMatchObject({ inFlight: 0, waiting: 0, limit: 8, breaker: 'closed' });
    expect(rig.api.stats().p50Ms).toBeGreaterThan(15);
  });

  test('stopped, it closes its sockets', async () => {
    rig.stub.script(some);
    await find();
    await rig.api.stop();
    await until(() => rig.stub.sockets() === 0);
  });
});

describe('200, 204, 404: an answer', () => {
  test('200 with coupons', async () => {
    rig.stub.script(some);
    expect(await find()).toEqual(someCoupons);
    expect(rig.calls).toEqual(['ok']);
  });

  test.each<[string, Behaviour]>([
    ['204', { status: 204 }],
    ['404', { status: 404, body: '<html>' }],
    ['an empty list', { body: '{"coupons":[]}' }],
    ['404 whose body never ends', { status: 404, drip: 'x', everyMs: 20 }],
    ['404 with a flood', { status: 404, flood: true }],
    ['404 cut off in its body', { status: 404, reset: 'mid_answer' }],
  ])('%s is no coupons', async (_name, behaviour) => {
    rig.stub.script(behaviour);
    expect(await find()).toEqual(noCoupons);
    expect(rig.calls).toEqual(['none']);
  });

  test('a coupon that breaks the schema is left out and counted', async () => {
    rig.stub.script({ body: JSON.stringify({ coupons: [{ ...coupon, title: 7 }, coupon, null] }) });
    expect(await find()).toEqual({ ...someCoupons, invalid: 2 });
    expect(rig.invalid).toBe(2);
  });

  test('none left is no coupons', async () => {
    rig.stub.script({ body: JSON.stringify({ coupons: [{}] }) });
    expect(await find()).toEqual({ ...noCoupons, invalid: 1 });
    expect(rig.calls).toEqual(['none']);
  });

  test('a body in many pieces is put together', async () => {
    const many = Array.from({ length: 5000 }, (_, n) => ({
      ...coupon,
      couponId: `c-${n}`,
      body: 'ü'.repeat(20),
    }));
    rig.stub.script({ body: JSON.stringify({ coupons: many }) });
    const answer = await find();
    expect(answer.kind === 'coupons' && answer.coupons.length).toBe(5000);
  });
});

describe('an answer that the network cuts into pieces', () => {
  const cut = (bytes: Buffer, count: number): Buffer[] => {
    const size = Math.ceil(bytes.length / count);
    return Array.from({ length: count }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
  };
  const body = Buffer.from(some.body);

  test.each([
    ['of two pieces', cut(body, 2), {}],
    ['of five pieces', cut(body, 5), {}],
    ['with its length said ahead', cut(body, 3), { 'content-length': String(body.length) }],
    ['packed', cut(gzipSync(body), 3), { 'content-encoding': 'gzip' }],
  ])('is read whole: %s', async (_name, pieces, headers) => {
    rig.stub.script({ pieces, headers });
    expect(await find()).toEqual(someCoupons);
    expect(rig.calls).toEqual(['ok']);
  });
});

describe('other 4xx, or no such JSON: rejected at once', () => {
  test.each([400, 402, 403, 405, 409, 410, 422, 426, 451, 499])('%i', async (status) => {
    rig.stub.script({ status });
    expect(await find()).toEqual({ kind: 'rejected', error: `HTTP ${status}` });
    expect(rig.calls).toEqual(['rejected']);
    expect(rig.stub.requests).toHaveLength(1);
  });

  test.each(['', 'null', '[]', '<html>secret</html>', '{"coupons":7}', '{"coupons":[{"couponId":'])(
    'a 200 with %j',
    async (body) => {
      rig.stub.script({ body });
      const answer = await find();
      expect(answer.kind).toBe('rejected');
      expect(JSON.stringify(answer)).not.toContain('secret');
      expect(rig.calls).toEqual(['rejected']);
    },
  );

  test('a 200 that is a flood is cut off', async () => {
    rig.stub.script({ flood: true });
    expect(await find()).toEqual({ kind: 'rejected', error: 'the answer is too large' });
    await until(() => rig.stub.sockets() === 0);
  });

  test('a length that is announced too large is cut off as well', async () => {
    build({ maxResponseBytes: 1000 });
    rig.stub.script({ body: `{"coupons":[],"x":"${'y'.repeat(1000)}"}` });
    expect((await find()).kind).toBe('rejected');
  });
});

describe('3xx, 408, 425, 429, 5xx, timeout, refused, reset: retried until it answers', () => {
  test.each<[string, Behaviour, string]>([
    ...[300, 301, 302, 303, 304, 307, 308, 399].map((status): [string, Behaviour, string] => [
      String(status),
      { status, headers: { location: 'http://127.0.0.1:1/' } },
      'redirect',
    ]),
    ['408', { status: 408 }, 'timeout'],
    ['425', { status: 425 }, 'throttled'],
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
    rig.stub.script(behaviour, some);
    expect(await find()).toEqual(someCoupons);
    expect(rig.calls).toEqual([result, 'ok']);
  });

  test('refused', async () => {
    await rig.stub.close();
    const answer = find();
    await until(() => rig.calls.length >= 2);
    rig.stub.script(some);
    await rig.stub.listen();
    expect(await answer).toEqual(someCoupons);
    expect(new Set(rig.calls.slice(0, -1))).toEqual(new Set(['network']));
  });

  test('a name that does not resolve', async () => {
    build({ url: 'http://partner.invalid' });
    expect(await find(3000)).toEqual({ kind: 'stale' });
    expect(rig.calls[0]).toBe('network');
  });

  test('the time limit is one for the whole call', async () => {
    rig.stub.script({ drip: ' ', everyMs: 10 }, some);
    const startedMs = performance.now();
    await find();
    // A limit from byte to byte would never end it.
    expect(rig.stub.requests[1]!.atMs - startedMs).toBeGreaterThan(TIMEOUT_MS - 20);
  });

  test('an answer that came while our own event loop stood still is no timeout', async () => {
    rig.stub.script(() => {
      setImmediate(() => {
        const stillUntil = performance.now() + TIMEOUT_MS + 500;
        while (performance.now() < stillUntil);
      });
      return some;
    });
    expect(await find()).toEqual(someCoupons);
    expect(rig.calls).toEqual(['ok']);
  });

  test('Retry-After in seconds is honoured', async () => {
    rig.stub.script({ status: 429, headers: { 'retry-after': '1' } }, some);
    await find();
    expect(rig.stub.requests[1]!.atMs - rig.stub.requests[0]!.atMs).toBeGreaterThanOrEqual(990);
  });

  test('Retry-After of a redirect is honoured', async () => {
    rig.stub.script({ status: 307, headers: { 'retry-after': '1', location: '/maintenance' } }, some);
    await find();
    expect(rig.stub.requests[1]!.atMs - rig.stub.requests[0]!.atMs).toBeGreaterThanOrEqual(990);
  });

  test('a redirect is never followed: nobody else is shown the token', async () => {
    const elsewhere = await startHttpStub();
    build({ tokens: fixedToken });
    rig.stub.script({ status: 302, headers: { location: `${elsewhere.url}/v1/coupons` } }, some);
    expect(await find()).toEqual(someCoupons);
    expect(elsewhere.socketsEver()).toBe(0);
    await elsewhere.close();
  });

  test('an interim answer before the real one is passed over', async () => {
    const body = some.body;
    const length = String(Buffer.byteLength(body));
    const real = `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n${body}`;
    rig.stub.script({ raw: `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${real}` });
    expect(await find()).toEqual(someCoupons);
    expect(rig.calls).toEqual(['ok']);
  });

  test('Retry-After as a date is honoured', async () => {
    const date = new Date(Date.now() + 2000).toUTCString();
    rig.stub.script({ status: 503, headers: { 'retry-after': date } }, some);
    await find();
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(date) - 10);
  });

  test('a Retry-After beyond the event’s age ends as stale, at that age', async () => {
    rig.stub.script({ status: 503, headers: { 'retry-after': '3600' } });
    const startedMs = performance.now();
    expect(await find(3000)).toEqual({ kind: 'stale' });
    expect(performance.now() - startedMs).toBeGreaterThan(2980);
    expect(rig.stub.requests).toHaveLength(1);
  });

  test('pauses grow, with jitter', async () => {
    build({ random: () => 0.999 });
    rig.stub.script({ status: 500 }, { status: 500 }, { status: 500 }, some);
    await find();
    const gaps = rig.stub.requests.slice(1).map((request, n) => request.atMs - rig.stub.requests[n]!.atMs);
    // A pause may be longer on a busy machine, never shorter.
    expect(gaps.map((gap, n) => gap + 10 >= 100 * 2 ** n)).toEqual([true, true, true]);
  });
});
