/** The contract's table of the push API, a test a row: above all, what was surely not sent and what may have been. */
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FrozenPush } from '../../../src/domain/push.ts';
import { createWriteFence } from '../../../src/runtime/write-fence.ts';
import { createPushApi, type PushApi, type PushApiOptions } from '../../../src/partners/push/push-api.ts';
import { startHttpStub, type Behaviour, type HttpStub } from '../../support/partners/http-stub.ts';
import { createLogBook, until } from '../../support/partners/partner-fakes.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { OPEN_CALL } from '../../support/partners/open-call.ts';
import type { SendCall } from '../../../src/domain/delivery.ts';

const push: FrozenPush = {
  userId: 'u-1',
  eventId: 'e-1',
  couponId: 'c-1',
  merchantId: 'm-1',
  title: 'Zehn Prozent – jetzt',
  collapseKey: 'k',
  rulesVersion: 'r-1',
};
const sending: SendCall = {
  ...OPEN_CALL,
  expiresAtMs: Date.parse('2026-11-22T12:00:00Z'),
  idempotencyKey: 'key-1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'a=1',
};

let stub: HttpStub;
let api: PushApi;
let calls: string[];

function build(options: Partial<PushApiOptions> = {}): void {
  api = createPushApi({
    url: stub.url,
    timeoutMs: 2000,
    clock: systemClock,
    logger: createLogBook(),
    onCall: (result) => calls.push(result),
    ...options,
  });
}

const send = (options: Partial<SendCall> = {}) => api.send(push, { ...sending, ...options });

beforeEach(async () => {
  stub = await startHttpStub();
  calls = [];
  build();
});
afterEach(async () => {
  api.stop();
  await stub.close();
});

describe('the call', () => {
  test('carries exactly the frozen push, without absent fields', async () => {
    stub.script({ status: 202 });
    build({ url: `${stub.url}/kepler/` });
    expect(await send()).toEqual({ kind: 'sent' });
    const [request] = stub.requests;
    expect(request).toMatchObject({ method: 'POST', url: '/kepler/v1/pushes' });
    expect(JSON.parse(request!.body)).toEqual({ ...push, expiresAt: '2026-11-22T12:00:00.000Z' });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': 'key-1',
      traceparent: sending.traceparent,
      tracestate: 'a=1',
    });
    expect(request?.headers.authorization).toBeUndefined();
  });

  test('carries every field that is there', async () => {
    const whole = { ...push, body: 'Nur 5 m', deepLink: 'app://c' };
    await api.send(whole, sending);
    expect(Object.keys(JSON.parse(stub.requests[0]!.body) as object).sort()).toEqual(
      [...Object.keys(whole), 'expiresAt'].sort(),
    );
  });

  test('a socket serves many calls, and is closed on stop', async () => {
    for (let n = 0; n < 5; n += 1) await send();
    expect(stub.socketsEver()).toBe(1);
    api.stop();
    await until(() => stub.sockets() === 0);
  });

  test('an idle socket is dropped before the partner would close it', async () => {
    build({ keepAliveMs: 50 });
    await send();
    await until(() => stub.sockets() === 0);
    expect(await send()).toEqual({ kind: 'sent' });
  });

  test('a socket the partner has closed meanwhile is not used', async () => {
    await stub.close();
    stub = await startHttpStub(1);
    build();
    for (let n = 0; n < 20; n += 1) {
      expect(await send()).toEqual({ kind: 'sent' });
      await new Promise((resolve) => setTimeout(resolve, n % 5));
    }
  });
});

describe('an answer', () => {
  test.each<[number, object]>([
    [200, { kind: 'sent' }],
    [201, { kind: 'sent' }],
    [204, { kind: 'sent' }],
    [429, { kind: 'not_sent', error: 'HTTP 429' }],
    [401, { kind: 'not_sent', error: 'HTTP 401' }],
    [400, { kind: 'rejected', error: 'HTTP 400' }],
    [403, { kind: 'rejected', error: 'HTTP 403' }],
    [404, { kind: 'rejected', error: 'HTTP 404' }],
    [408, { kind: 'rejected', error: 'HTTP 408' }],
    [409, { kind: 'rejected', error: 'HTTP 409' }],
    [422, { kind: 'rejected', error: 'HTTP 422' }],
    ...[300, 301, 302, 303, 304, 307, 308, 500, 502, 504].map((status): [number, object] => [
      status,
      { kind: 'maybe_sent', error: `HTTP ${String(status)}` },
    ]),
    [503, { kind: 'maybe_sent', error: 'HTTP 503' }],
    [599, { kind: 'maybe_sent', error: 'HTTP 599' }],
  ])('%i', async (status, result) => {
    stub.script({ status, headers: { location: '/v1/elsewhere' } });
    expect(await send()).toEqual(result);
    expect(stub.requests).toHaveLength(1);
  });

  test.each([
    [429, 'not_sent'],
    [503, 'maybe_sent'],
    [302, 'maybe_sent'],
  ])('%i with Retry-After says when', async (status, kind) => {
    stub.script({ status, headers: { 'retry-after': '7' } });
    expect(await send()).toEqual({ kind, error: `HTTP ${status}`, retryAfterMs: 7000 });
  });

  test.each<[string, Behaviour]>([
    ['never ends', { status: 201, drip: 'x', everyMs: 10 }],
    ['is a flood', { status: 201, flood: true }],
    ['is cut off', { status: 201, reset: 'mid_answer' }],
  ])('2xx whose body %s was sent all the same', async (_name, behaviour) => {
    stub.script(behaviour, { status: 200 });
    // The body is not waited for: a wait would outlast the test.
    build({ timeoutMs: 600_000 });
    expect(await send()).toEqual({ kind: 'sent' });
    api.stop();
    build();
    stub.script(behaviour, { status: 200 });
    expect(await send()).toEqual({ kind: 'sent' });
    expect(await send()).toEqual({ kind: 'sent' });
    await until(() => stub.open() === 0);
  });
});

describe('surely not sent', () => {
  test('connection refused', async () => {
    await stub.close();
    expect(await send()).toMatchObject({
      kind: 'not_sent',
      error: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  test('DNS failure', async () => {
    build({ url: 'http://push.invalid' });
    expect((await send()).kind).toBe('not_sent');
  });

  describe('with a TLS handshake', () => {
    let silent: Server;
    beforeEach(async () => {
      silent = createServer(() => {});
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      build({ url: `https://127.0.0.1:${(silent.address() as AddressInfo).port}` });
    });
    afterEach(() => silent.close());

    test('that is never answered', async () => {
      expect((await send()).kind).toBe('not_sent');
    });

    test('that is refused', async () => {
      silent.on('connection', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      expect((await send()).kind).toBe('not_sent');
    });

    test('that is cut off', async () => {
      silent.on('connection', (socket) => setTimeout(() => socket.resetAndDestroy(), 20));
      expect((await send()).kind).toBe('not_sent');
    });

    test('that is still going on at the deadline to write', async () => {
      expect(await send({ fence: createWriteFence(50) })).toEqual({
        kind: 'not_sent',
        error: 'too late to write',
      });
    });

    test('that is abandoned', async () => {
      expect(await send({ signal: AbortSignal.timeout(30) })).toEqual({ kind: 'not_sent', error: 'aborted' });
    });
  });

  test('the deadline to write has passed: no byte goes out', async () => {
    expect(await send({ fence: createWriteFence(-1) })).toEqual({
      kind: 'not_sent',
      error: 'too late to write',
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stub.requests).toHaveLength(0);
  });

  test('a process frozen past the deadline while connecting writes nothing', async () => {
    const result = send({ fence: createWriteFence(30) });
    // Long enough for the request to exist and its socket to be connecting, then the freeze.
    await new Promise((resolve) => setImmediate(resolve));
    const until_ = performance.now() + 100;
    while (performance.now() < until_);
    expect(await result).toEqual({ kind: 'not_sent', error: 'too late to write' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stub.requests).toHaveLength(0);
  });

  test('a machine that was paused while connecting writes nothing: its monotonic clock stood still', async () => {
    let pausedMs = 0;
    const time = { monotonicMs: () => 0, wallMs: () => pausedMs };
    const fence = createWriteFence(2000, time);
    const result = send({ fence });
    pausedMs = 2000;
    expect(await result).toEqual({ kind: 'not_sent', error: 'too late to write' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stub.requests).toHaveLength(0);
  });

  test('the same on a kept socket', async () => {
    await send();
    const result = send({ fence: createWriteFence(30) });
    const frozenUntil = performance.now() + 100;
    while (performance.now() < frozenUntil);
    expect((await result).kind).toBe('not_sent');
    expect(stub.requests).toHaveLength(1);
  });
});

describe('may have been sent', () => {
  test.each<[string, Behaviour]>([
    ['a timeout', { silent: true }],
    ['a reset after reading', { reset: 'after_reading' }],
    ['a reset before reading', { reset: 'before_reading' }],
    ['no HTTP for an answer', { raw: 'what?' }],
    ['a 500 that drips', { status: 500, drip: ' ', everyMs: 10 }],
  ])('%s', async (_name, behaviour) => {
    stub.script(behaviour);
    expect((await send()).kind).toBe('maybe_sent');
    expect(calls).toEqual(['maybe_sent']);
  });

  test('a kept socket reset as we write', async () => {
    stub.script({ status: 200 }, { reset: 'before_reading' });
    await send();
    expect((await send()).kind).toBe('maybe_sent');
  });

  test('abandoned after the write', async () => {
    stub.script({ silent: true });
    const controller = new AbortController();
    const result = send({ signal: controller.signal });
    await until(() => stub.requests.length === 1);
    controller.abort();
    expect(await result).toEqual({ kind: 'maybe_sent', error: 'aborted' });
  });

  test('a deadline that passes after the write changes nothing', async () => {
    build({ timeoutMs: 120_000 });
    stub.script({ status: 200, delayMs: 2500 });
    expect(await send({ fence: createWriteFence(2000) })).toEqual({ kind: 'sent' });
  });

  test('an answer slower than sockets are kept idle is waited for', async () => {
    build({ keepAliveMs: 50 });
    stub.script({ status: 200, delayMs: 300 });
    expect(await send()).toEqual({ kind: 'sent' });
  });
});
