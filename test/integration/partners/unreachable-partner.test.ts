/**
 * Partners that can't be reached: no such name, nobody there, another's or a past certificate, a first address of
 * several that is dead. Nothing of it was sent for sure, each call says what it was, and all go on when it is over.
 */
import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createCouponApi } from '../../../src/partners/coupon/coupon-api.ts';
import { createPushApi } from '../../../src/partners/push/push-api.ts';
import { createTokenSource } from '../../../src/partners/auth/token-source.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { ELSEWHERE, EXPIRED, GOOD, KEY } from '../../support/tls/fixed-certificates.ts';
import { ownershipOf } from '../../support/kafka/ownership-of.ts';
import { startHttpStub } from '../../support/partners/http-stub.ts';
import { couponQuery, createLogBook } from '../../support/partners/partner-fakes.ts';
import { OPEN_CALL } from '../../support/partners/open-call.ts';

const COUPON = { couponId: 'c-1', merchantId: 'm-1', title: 'Ten percent' };
const PUSH = {
  userId: 'u',
  eventId: 'e',
  couponId: 'c',
  merchantId: 'm',
  title: 't',
  collapseKey: 'k',
  rulesVersion: '1',
};
const held = new AbortController().signal;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0)) await close();
});
beforeAll(() =>
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), GOOD, EXPIRED, ELSEWHERE]),
);

/** One push, one coupon call that has 1.5 s, one token: what each says of `url`. */
async function tryAll(url: string) {
  const clock = systemClock;
  const log = createLogBook();
  const pushes = createPushApi({ url, timeoutMs: 10_000, clock, logger: log });
  const results: string[] = [];
  const coupons = createCouponApi({
    url,
    timeoutMs: 10_000,
    concurrency: 4,
    clock,
    logger: log,
    onCall: (result) => results.push(result),
  });
  const tokens = createTokenSource({ url, clientId: 'id', clientSecret: 's', clock, logger: log });
  closing.push(
    () => pushes.stop(),
    () => coupons.stop(),
    () => tokens.stop(),
  );
  tokens.start();
  const [push, answer, token] = await Promise.all([
    pushes.send(PUSH, { ...OPEN_CALL, expiresAtMs: Date.now() + 60_000 }),
    coupons.find(couponQuery({}, 1500), ownershipOf(held)),
    tokens.token(AbortSignal.timeout(1500)),
  ]);
  return { push, answer, result: results[0], token, tokenError: tokens.lastError() };
}

describe('surely not sent, called again until it is stale, and said by name', () => {
  test.each([
    ['a name that nobody knows', 'http://partner.invalid', 'ENOTFOUND'],
    ['nobody there', 'http://127.0.0.1:1', 'ECONNREFUSED'],
  ])('%s', async (_name, url, code) => {
    const seen = await tryAll(url);
    expect(seen.push).toEqual({ kind: 'not_sent', error: expect.stringContaining(code) as string });
    expect(seen.answer).toEqual({ kind: 'stale' });
    expect(seen.result).toBe('network');
    expect(seen.token).toBeUndefined();
    expect(seen.tokenError).toContain(code);
  });

  test('a name whose addresses are all dead', async () => {
    resolveTo(['127.0.0.2', '127.0.0.3']);
    const seen = await tryAll('http://partner.example:1');
    expect(seen.push).toEqual({ kind: 'not_sent', error: expect.stringContaining('ECONNREFUSED') as string });
    expect(seen.answer).toEqual({ kind: 'stale' });
    expect(seen.tokenError).toContain('ECONNREFUSED');
  });

  describe('a certificate', () => {
    let server: Server;
    let requests: number;
    beforeEach(() => (requests = 0));
    const serve = async (cert: string): Promise<string> => {
      server = createServer({ key: KEY, cert }, (_request, response) => {
        requests += 1;
        response.end('{}');
      });
      closing.push(() => {
        server.closeAllConnections();
        server.close();
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    };

    test.each([
      ['that has ended', EXPIRED, 'CERT_HAS_EXPIRED'],
      ['of another host', ELSEWHERE, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ])('%s', async (_name, cert, code) => {
      const seen = await tryAll(await serve(cert));
      expect(seen.push).toEqual({ kind: 'not_sent', error: expect.stringContaining(code) as string });
      expect(seen.answer).toEqual({ kind: 'stale' });
      expect(seen.result).toBe('network');
      expect(seen.tokenError).toContain(code);
      expect(requests).toBe(0);
    });
  });
});

/** Every name has these addresses, in this order. */
function resolveTo(addresses: readonly string[]): void {
  const all = addresses.map((address) => ({ address, family: 4 }));
  vi.spyOn(dns, 'lookup').mockImplementation(((
    _host: string,
    _options: unknown,
    done: (...all: unknown[]) => void,
  ) => {
    done(null, all);
  }) as never);
}

describe('a name with several addresses', () => {
  test.each([
    // Documentation's own network (RFC 5737): nobody answers, or no way leads there.
    ['hangs', '192.0.2.1'],
    ['refuses', '127.0.0.2'],
  ])('whose first one %s is reached by the next', async (_name, first) => {
    const stub = await startHttpStub();
    closing.push(() => stub.close());
    stub.script(({ method, url }) =>
      method === 'GET'
        ? { body: JSON.stringify({ coupons: [COUPON] }) }
        : url.endsWith('/v1/pushes')
          ? { status: 202 }
          : { body: '{"access_token":"t-1","expires_in":3600}' },
    );
    resolveTo([first, '127.0.0.1']);
    const seen = await tryAll(stub.url.replace('127.0.0.1', 'partner.example'));
    expect(seen.push).toEqual({ kind: 'sent' });
    expect(seen.answer).toEqual({ kind: 'coupons', coupons: [COUPON] });
    expect(seen.token).toBe('t-1');
  });
});

test('a connection that a certificate has kept from is made anew once it is mended', async () => {
  const server = createServer({ key: KEY, cert: EXPIRED }, (_request, response) => response.end('{}'));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://localhost:${String((server.address() as AddressInfo).port)}`;
  expect((await tryAll(url)).push.kind).toBe('not_sent');
  server.setSecureContext({ key: KEY, cert: GOOD });
  expect((await tryAll(url)).push).toEqual({ kind: 'sent' });
});
