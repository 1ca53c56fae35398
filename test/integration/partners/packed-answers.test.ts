/** Answers that come packed, asked for or not, as gateways send them: used, refused by the table, never unpacked for ever. */
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPushApi } from '../../../src/partners/push/push-api.ts';
import { createTokenSource, type TokenSource } from '../../../src/partners/auth/token-source.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { startHttpStub, type Behaviour, type HttpStub } from '../../support/partners/http-stub.ts';
import { createLogBook, until } from '../../support/partners/partner-fakes.ts';
import { coupon, some, someCoupons, useCouponRig } from './coupon/coupon-rig.ts';
import { OPEN_CALL } from '../../support/partners/open-call.ts';

const MIB = 1024 * 1024;
const BODY = Buffer.from(some.body);
const quickBrotli = (body: Buffer): Buffer =>
  brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
const packed = (encoding: string, body: Buffer | string, status = 200): Behaviour => ({
  status,
  headers: { 'content-encoding': encoding, 'content-type': 'application/json; charset=utf-8' },
  body,
});
const listOf = (count: number): Buffer =>
  Buffer.from(JSON.stringify({ coupons: Array.from({ length: count }, () => coupon) }));

describe('the coupon API', () => {
  const rig = useCouponRig(20_000);
  const { find } = rig;
  /** A packed answer, and a good one should the first have been retried. */
  const answered = async (first: Behaviour): Promise<unknown> => {
    rig.stub.script(first, { body: '{"coupons":[]}' });
    return find();
  };

  test('is told what is understood', async () => {
    await find();
    expect(rig.stub.requests[0]?.headers['accept-encoding']).toBe(
      'identity, gzip;q=0.5, deflate;q=0.5, br;q=0.5',
    );
  });

  test.each<[string, Buffer]>([
    ['gzip', gzipSync(BODY)],
    ['GZIP', gzipSync(BODY)],
    ['x-gzip', gzipSync(BODY)],
    ['deflate', deflateSync(BODY)],
    ['deflate', deflateRawSync(BODY)],
    ['br', brotliCompressSync(BODY)],
    ['identity', BODY],
    ['gzip, gzip', gzipSync(gzipSync(BODY))],
    ['br, gzip', gzipSync(brotliCompressSync(BODY))],
    ['gzip', BODY],
  ])('unasked %s is used', async (encoding, body) => {
    expect(await answered(packed(encoding, body))).toEqual(someCoupons);
    expect(rig.calls).toEqual(['ok']);
  });

  test.each<[string, Buffer]>([
    ['plain', listOf(10_000)],
    ['gzip', gzipSync(listOf(10_000))],
    ['br', quickBrotli(listOf(10_000))],
    // Large as it comes, too.
    ['deflate', deflateRawSync(listOf(10_000), { level: 0 })],
  ])('ten thousand coupons, %s, are all used', async (encoding, body) => {
    const answer = await answered(encoding === 'plain' ? { body } : packed(encoding, body));
    expect(answer).toMatchObject({
      kind: 'coupons',
      coupons: Array.from({ length: 10_000 }, () => coupon),
    });
  });

  test.each<[string, Behaviour]>([
    ['an unknown coding', packed('zstd', BODY)],
    ['gzip that is cut off', packed('gzip', gzipSync(BODY).subarray(0, -5))],
    ['gzip that is none', packed('gzip', 'what?')],
    ['gzip without a body', packed('gzip', '')],
    ['br that is cut off', packed('br', brotliCompressSync(BODY).subarray(0, -3))],
    ['deflate that is none', packed('deflate', gzipSync(BODY))],
    ['five layers', packed('gzip,gzip,gzip,gzip,gzip', gzipSync(BODY))],
    ['gzip of no JSON', packed('gzip', gzipSync('<html>'))],
    ['gzip of a mebibyte and a byte', packed('gzip', gzipSync(Buffer.alloc(MIB + 1, 32)))],
    ['a bomb', packed('gzip', gzipSync(Buffer.alloc(200 * MIB, 32), { level: 1 }))],
    ['a bomb in a bomb', packed('gzip, gzip', gzipSync(gzipSync(Buffer.alloc(200 * MIB), { level: 1 })))],
    ['a br bomb', packed('br', quickBrotli(Buffer.alloc(200 * MIB)))],
    ['gzip whose head is not said', { body: gzipSync(BODY) }],
  ])('%s is no such JSON', async (_name, behaviour) => {
    expect(await answered(behaviour)).toMatchObject({ kind: 'rejected' });
    expect(rig.calls).toEqual(['rejected']);
  });

  test('the event says what was wrong', async () => {
    rig.stub.script(packed('zstd', BODY));
    expect(await find()).toEqual({ kind: 'rejected', error: 'HTTP 200: unknown content-encoding' });
    rig.stub.script(packed('gzip', 'what?'));
    expect(await find()).toEqual({ kind: 'rejected', error: 'HTTP 200: the body is no gzip' });
  });

  test('a mebibyte is still taken', async () => {
    const head = '{"coupons":[';
    const tail = `${JSON.stringify(coupon)}]}`;
    const body = Buffer.from(head + ' '.repeat(MIB - head.length - tail.length) + tail);
    expect(await answered(packed('gzip', gzipSync(body)))).toMatchObject(someCoupons);
    expect(await answered({ body })).toMatchObject(someCoupons);
  });

  test.each<[number, string]>([
    [503, 'server_error'],
    [429, 'throttled'],
    [302, 'redirect'],
  ])('a packed %i is retried, whatever its body', async (status, result) => {
    for (const body of [gzipSync('{"error":"busy"}'), Buffer.from('no gzip')]) {
      rig.stub.script(packed('gzip', body, status), some);
      expect(await find()).toEqual(someCoupons);
    }
    expect(rig.calls).toEqual([result, 'ok', result, 'ok']);
  });

  test('a packed 404 is no coupons, a packed 400 is rejected', async () => {
    expect(await answered(packed('gzip', gzipSync('{}'), 404))).toEqual({ kind: 'coupons', coupons: [] });
    expect(await answered(packed('gzip', 'no gzip', 400))).toEqual({ kind: 'rejected', error: 'HTTP 400' });
  });

  test('a connection that is lost in mid-body is retried: it says nothing of the body', async () => {
    const body = gzipSync(listOf(500));
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${String(body.length)}\r\n\r\n`;
    rig.stub.script({ raw: Buffer.concat([Buffer.from(head), body.subarray(0, -10)]) }, some);
    expect(await find()).toEqual(someCoupons);
    expect(rig.calls).toEqual(['network', 'ok']);
  });
});

describe('the auth server', () => {
  let stub: HttpStub;
  let source: TokenSource | undefined;
  const log = createLogBook();
  beforeEach(async () => {
    stub = await startHttpStub();
    log.lines.length = 0;
  });
  afterEach(async () => {
    source?.stop();
    await stub.close();
  });
  const granted = JSON.stringify({ access_token: 't-1', expires_in: '3599', token_type: 'BearerToken' });
  const token = (): Promise<string | undefined> => {
    source = createTokenSource({
      url: stub.url,
      clientId: 'id',
      clientSecret: 'hidden',
      clock: systemClock,
      logger: log,
    });
    source.start();
    return source.token(AbortSignal.timeout(30_000));
  };

  test.each<[string, Buffer]>([
    ['gzip', gzipSync(granted)],
    ['deflate', deflateSync(granted)],
    ['deflate', deflateRawSync(granted)],
    ['br', brotliCompressSync(Buffer.from(granted))],
    ['gzip, gzip', gzipSync(gzipSync(granted))],
  ])('may pack its answer by %s, and write its token as Apigee does', async (encoding, body) => {
    stub.script(packed(encoding, body));
    expect(await token()).toBe('t-1');
    expect(source?.lastError()).toBeUndefined();
  });

  test.each<[string, Behaviour, string]>([
    ['an unknown coding', packed('zstd', granted), 'HTTP 200: unknown content-encoding'],
    ['broken gzip', packed('gzip', gzipSync(granted).subarray(0, -5)), 'HTTP 200: the body is no gzip'],
    ['a bomb', packed('gzip', gzipSync(Buffer.alloc(50 * MIB))), 'HTTP 200: the answer is too large'],
    ['no JSON', packed('gzip', gzipSync('<html>')), 'HTTP 200: the body is not JSON'],
    ['another field', { body: '{"token":"t"}' }, 'HTTP 200: access_token is missing or no text'],
    [
      'another type',
      { body: '{"access_token":"t","token_type":"mac"}' },
      'HTTP 200: token_type says nothing of bearer',
    ],
    [
      'a wrong secret',
      packed('gzip', gzipSync('{"error":"invalid_client"}'), 401),
      'HTTP 401: invalid_client',
    ],
    ['a redirect', { status: 302, headers: { location: '/login' } }, 'HTTP 302'],
  ])('%s is said, by the field that is wrong', async (_name, behaviour, said) => {
    stub.script(behaviour);
    const first = token();
    await until(() => log.lines.length > 0);
    expect(log.lines[0]?.fields).toMatchObject({ error: said });
    expect(source?.lastError()).toBe(said);
    stub.script({ body: granted });
    expect(await first).toBe('t-1');
    expect(source?.lastError()).toBeUndefined();
  });
});

test.each<[number, Buffer, string]>([
  [200, gzipSync('{}'), 'sent'],
  [201, Buffer.from('no gzip'), 'sent'],
  [400, gzipSync('{"error":"x"}'), 'rejected'],
  [429, Buffer.from('no gzip'), 'not_sent'],
  [503, gzipSync(Buffer.alloc(50 * MIB)), 'maybe_sent'],
])('the push API may pack its %i as it likes: the status says it all', async (status, body, kind) => {
  const stub = await startHttpStub();
  const api = createPushApi({
    url: stub.url,
    timeoutMs: 20_000,
    clock: systemClock,
    logger: createLogBook(),
  });
  stub.script(packed('gzip', body, status));
  const push = {
    userId: 'u',
    eventId: 'e',
    couponId: 'c',
    merchantId: 'm',
    title: 't',
    collapseKey: 'k',
    rulesVersion: '1',
  };
  const options = { ...OPEN_CALL, expiresAtMs: Date.now() + 60_000 };
  expect((await api.send(push, options)).kind).toBe(kind);
  expect((await api.send(push, options)).kind).toBe(kind);
  api.stop();
  await stub.close();
});
