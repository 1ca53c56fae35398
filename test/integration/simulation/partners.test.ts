import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createShops } from '../../simulation/city/shops.ts';
import { connectPartners } from '../../simulation/partners/connect-partners.ts';
import type { PartnersOptions } from '../../simulation/partners/create-partners.ts';
import type { Partners } from '../../simulation/partners/partners.ts';
import { createPartners, DEFAULT_CREDENTIALS } from '../../simulation/partners/create-partners.ts';
import { failingSettings, MILD_SETTINGS } from '../../simulation/partners/settings.ts';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const shop = createShops(1).find(({ offers }) => offers.length > 0)!;

let open: Partners | undefined;
afterEach(async () => {
  await open?.stop();
  open = undefined;
});
const start = async (options: Partial<PartnersOptions> = {}): Promise<Partners> => {
  open = await createPartners({ seed: 1, ...options });
  return open;
};

const askCoupons = (
  { urls }: Partners,
  query: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> => {
  const search = new URLSearchParams({
    userId: 'u-1',
    latitude: String(shop.latitude),
    longitude: String(shop.longitude),
    merchantId: shop.merchantId,
    ...query,
  });
  return fetch(`${urls.couponApi}/v1/coupons?${search.toString()}`, {
    headers: { 'x-event-id': 'e-1', traceparent: TRACE, ...headers },
    signal: AbortSignal.timeout(1500),
  });
};

const sendPush = (
  { urls }: Partners,
  change: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  fetch(`${urls.pushApi}/v1/pushes`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': 'k-1',
      traceparent: TRACE,
      ...headers,
    },
    body: JSON.stringify({
      userId: 'u-1',
      eventId: 'e-1',
      couponId: 'c-1',
      merchantId: 'm-1',
      title: 'Half off',
      collapseKey: 'u-1',
      expiresAt: '2026-11-22T10:00:00Z',
      rulesVersion: '1',
      ...change,
    }),
    signal: AbortSignal.timeout(1500),
  });

describe('the coupon API', () => {
  it('offers the shop’s coupons where there are some, and enters the call', async () => {
    const partners = await start();
    const answer = (await (await askCoupons(partners)).json()) as { coupons: { merchantId: string }[] };
    expect(answer.coupons.map(({ merchantId }) => merchantId)).toContain(shop.merchantId);
    expect((await partners.ledger()).couponCalls).toEqual([
      { userId: 'u-1', eventId: 'e-1', calls: 1, rejections: 0, failures: 0 },
    ]);
  });

  it('says in three ways that there is nothing', async () => {
    const partners = await start();
    const statuses = new Set<number>();
    for (let call = 0; call < 40; call += 1) {
      const response = await askCoupons(partners, { latitude: '10', longitude: '10', merchantId: 'm-none' });
      statuses.add(response.status);
      if (response.status === 200) expect(await response.json()).toEqual({ coupons: [] });
    }
    expect([...statuses].sort()).toEqual([200, 204, 404]);
  });

  it.each([
    ['an unknown parameter', { secret: '1' }, {}],
    ['no user', { userId: '' }, {}],
    ['a latitude off the globe', { latitude: '91' }, {}],
    ['no event id', {}, { 'x-event-id': '' }],
    ['no trace', {}, { traceparent: 'zero' }],
  ])('refuses %s and enters the breach', async (_name, query, headers) => {
    const partners = await start();
    expect((await askCoupons(partners, query, headers)).status).toBe(400);
    expect((await partners.ledger()).breaches).toHaveLength(1);
  });

  it.each([
    ['error500', 500],
    ['unavailable503', 503],
    ['tooMany429', 429],
    ['rejected', 422],
    ['unauthorized', 401],
  ])('answers %s with %i', async (fault, status) => {
    const partners = await start({ settings: { couponApi: { rates: { [fault]: 1 } } } });
    const response = await askCoupons(partners);
    expect(response.status).toBe(status);
    expect(response.headers.has('retry-after')).toBe(status === 503 || status === 429);
    const [calls] = (await partners.ledger()).couponCalls;
    expect(calls?.rejections).toBe(fault === 'rejected' ? 1 : 0);
  });

  it.each(['timeout', 'reset', 'slowDrip'])('never ends a call with %s in time', async (fault) => {
    const partners = await start({ settings: { couponApi: { rates: { [fault]: 1 } } } });
    await expect(askCoupons(partners).then((response) => response.text())).rejects.toThrow();
  });

  it('answers one call twice where it is to', async () => {
    const partners = await start({ settings: { couponApi: { rates: { duplicated: 1 } } } });
    const { port, pathname, search } = new URL(
      `${partners.urls.couponApi}/v1/coupons?userId=u-1&latitude=${shop.latitude}&longitude=${shop.longitude}`,
    );
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nhost: x\r\nx-event-id: e-1\r\ntraceparent: ${TRACE}\r\n\r\n`,
    );
    let heard = '';
    socket.on('data', (chunk) => (heard += chunk.toString()));
    await vi.waitFor(() => expect(heard.match(/HTTP\/1.1 200 OK/g)).toHaveLength(2), { timeout: 30_000 });
    socket.destroy();
    expect((await partners.ledger()).couponCalls).toMatchObject([{ calls: 1 }]);
  });

  it('fails the same users again and again, and enters each failure', async () => {
    const settings = { couponApi: { sickUsers: { share: 0.3, way: 'unavailable503' } } } as const;
    const partners = await start({ settings });
    const statusesOf = (userId: string): Promise<number[]> =>
      Promise.all([1, 2, 3].map(async () => (await askCoupons(partners, { userId })).status));
    const users = Array.from({ length: 40 }, (_, n) => `u-${String(n)}`);
    const statuses = await Promise.all(users.map(statusesOf));
    const sick = users.filter((_, at) => statuses[at]?.includes(503));
    expect(sick.length > 4 && sick.length < 24, String(sick.length)).toBe(true);
    for (const { userId, failures } of (await partners.ledger()).couponCalls)
      expect(failures).toBe(sick.includes(userId) ? 3 : 0);
  });

  it('packs answers unasked, and redirects', async () => {
    const partners = await start({ settings: { couponApi: { packedRate: 1 } } });
    const codings = new Set<string | null>();
    for (let call = 0; call < 20; call += 1) {
      const response = await askCoupons(partners, {}, { 'accept-encoding': 'identity' });
      codings.add(response.headers.get('content-encoding'));
      expect(await response.json()).toHaveProperty('coupons');
    }
    expect([...codings].sort()).toEqual(['br', 'deflate', 'gzip']);
    await partners.control({ couponApi: { rates: { redirected: 1 } } });
    const answer = await fetch(`${partners.urls.couponApi}/v1/coupons?userId=u-1&latitude=1&longitude=1`, {
      headers: { 'x-event-id': 'e-1', traceparent: TRACE },
      redirect: 'manual',
    });
    expect(answer.status).toBe(302);
  });

  it('sends garbage that is no list of coupons', async () => {
    const partners = await start({ settings: { couponApi: { rates: { garbage: 1 } } } });
    const text = await (await askCoupons(partners)).text();
    expect(text).not.toContain('couponId');
    expect((await partners.ledger()).couponCalls[0]?.rejections).toBe(1);
  });

  it('adds broken and repeated coupons to good ones', async () => {
    const partners = await start({
      settings: { couponApi: { invalidCouponRate: 1, repeatedCouponRate: 1 } },
    });
    const { coupons } = (await (await askCoupons(partners)).json()) as { coupons: unknown[] };
    expect(coupons.length).toBeGreaterThanOrEqual(3);
  });

  it('refuses connections while it is down, and serves on the same port after', async () => {
    const partners = await start();
    await partners.control({ couponApi: { down: true } });
    await expect(askCoupons(partners)).rejects.toThrow();
    await partners.control({ couponApi: { down: false } });
    expect((await askCoupons(partners)).status).toBe(200);
  });
});

describe('the push API', () => {
  it('enters what it sent', async () => {
    const partners = await start();
    expect((await sendPush(partners)).status).toBe(202);
    expect((await partners.ledger()).pushes).toMatchObject([
      { userId: 'u-1', eventId: 'e-1', idempotencyKey: 'k-1', answer: 202, verdict: 'sent', accepted: true },
    ]);
  });

  it.each([
    ['a field too many', { latitude: 1 }, {}],
    ['a field too few', { couponId: undefined }, {}],
    ['a time that is none', { expiresAt: 'soon' }, {}],
    ['no idempotency key', {}, { 'idempotency-key': '' }],
    ['another content type', {}, { 'content-type': 'text/plain' }],
  ])('refuses %s and enters the breach', async (_name, change, headers) => {
    const partners = await start();
    expect((await sendPush(partners, change, headers)).status).toBe(400);
    const { breaches, pushes } = await partners.ledger();
    expect(breaches).toHaveLength(1);
    expect(pushes).toMatchObject([{ verdict: 'not_sent', accepted: false }]);
  });

  it.each([
    ['error500', 'maybe'],
    ['unavailable503', 'maybe'],
    ['tooMany429', 'not_sent'],
    ['rejected', 'not_sent'],
    ['timeout', 'maybe'],
    ['resetBeforeRead', 'maybe'],
    ['resetAfterRead', 'maybe'],
    ['slowDrip', 'sent'],
  ])('enters for %s that it was %s', async (fault, verdict) => {
    const partners = await start({ settings: { pushApi: { rates: { [fault]: 1 } } } });
    await sendPush(partners)
      .then((response) => response.text())
      .catch(() => undefined);
    const { pushes } = await partners.ledger();
    expect(pushes).toMatchObject([{ verdict, idempotencyKey: 'k-1' }]);
    if (verdict === 'not_sent') expect(pushes[0]?.accepted).toBe(false);
  });

  it('sends twice what is asked twice, unless it is idempotent', async () => {
    const partners = await start();
    const accepted = async (): Promise<number> =>
      (await partners.ledger()).pushes.filter((entry) => entry.accepted).length;
    await sendPush(partners);
    await sendPush(partners);
    expect(await accepted()).toBe(2);
    await partners.reset();
    await partners.control({ pushApi: { idempotent: true } });
    await sendPush(partners, {}, { 'idempotency-key': 'k-2' });
    expect((await sendPush(partners, {}, { 'idempotency-key': 'k-2' })).status).toBe(202);
    expect(await accepted()).toBe(1);
  });
});

describe('the auth server', () => {
  const ask = ({ urls }: Partners, secret: string): Promise<Response> =>
    fetch(urls.authToken, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${DEFAULT_CREDENTIALS.clientId}:${secret}`).toString('base64')}`,
      },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
  const token = async (partners: Partners): Promise<string> =>
    ((await (await ask(partners, DEFAULT_CREDENTIALS.clientSecret)).json()) as { access_token: string })
      .access_token;

  it('issues tokens that the others accept until they expire or are revoked', async () => {
    const partners = await start({ settings: { auth: { required: true, tokenLifeSeconds: 0.3 } } });
    expect((await askCoupons(partners)).status).toBe(401);
    expect((await sendPush(partners)).status).toBe(401);
    const first = { authorization: `Bearer ${await token(partners)}` };
    expect((await askCoupons(partners, {}, first)).status).toBe(200);
    expect((await sendPush(partners, {}, first)).status).toBe(202);
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect((await askCoupons(partners, {}, first)).status).toBe(401);
    await partners.control({ auth: { tokenLifeSeconds: 60 } });
    const second = { authorization: `Bearer ${await token(partners)}` };
    expect((await askCoupons(partners, {}, second)).status).toBe(200);
    await partners.control({ revokeTokens: true });
    expect((await askCoupons(partners, {}, second)).status).toBe(401);
  });

  it('refuses a wrong secret', async () => {
    const partners = await start({ settings: { auth: { required: true } } });
    expect((await ask(partners, 'wrong')).status).toBe(401);
  });
});

describe('partners in another process', () => {
  it('are changed, read and emptied over the control port', async () => {
    const here = await start({ settings: MILD_SETTINGS });
    const there = connectPartners(here.urls, async () => undefined);
    await there.control({ ...failingSettings(0.1), pushApi: { rates: { rejected: 1 } } });
    const { couponApi, pushApi } = await there.settings();
    const sum = Object.values(couponApi.rates).reduce((total, rate) => total + rate, 0);
    expect(sum).toBeCloseTo(0.1, 6);
    expect((await sendPush(there)).status).toBe(422);
    expect(pushApi.rates).toEqual({ rejected: 1 });
    expect((await there.ledger()).pushes).toHaveLength(1);
    const lines = await (await fetch(`${there.urls.control}/ledger/pushes`)).text();
    expect(JSON.parse(lines)).toMatchObject({ answer: 422 });
    await there.reset();
    expect((await there.ledger()).pushes).toEqual([]);
    await expect(there.control({ pushApi: { rates: { error500: 2 } } })).rejects.toThrow(/400/);
  });
});
