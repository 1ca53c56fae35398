/** The auth server's side: one renewal for all, by schedule and on refusal, and nothing secret said aloud. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createTokenSource,
  type TokenSource,
  type TokenSourceOptions,
} from '../../../src/partners/auth/token-source.ts';
import {
  startHttpStub,
  type Behaviour,
  type HttpStub,
  type Script,
} from '../../support/partners/http-stub.ts';
import { createFakeClock, createLogBook, settled, until } from '../../support/partners/partner-fakes.ts';
import { systemClock } from '../../../src/runtime/clock.ts';

const SECRET = 'hunter2-very-secret';
const token = (value: string, expiresIn: unknown = 3600): Behaviour => ({
  body: JSON.stringify({ access_token: value, expires_in: expiresIn, token_type: 'Bearer' }),
});

let stub: HttpStub;
let source: TokenSource;
let renewals: string[];
const log = createLogBook();

function build(options: Partial<TokenSourceOptions> = {}): void {
  source = createTokenSource({
    url: `${stub.url}/oauth/token?tenant=a`,
    clientId: 'client:1',
    clientSecret: SECRET,
    timeoutMs: 2000,
    clock: systemClock,
    logger: log,
    onRenewal: (result) => renewals.push(result),
    ...options,
  });
  source.start();
}

const wait = (ms = 30_000): Promise<string | undefined> => source.token(AbortSignal.timeout(ms));

beforeEach(async () => {
  stub = await startHttpStub();
  renewals = [];
  log.lines.length = 0;
});
afterEach(async () => {
  source.stop();
  await stub.close();
});

describe('the call', () => {
  test('is a client-credentials grant with HTTP basic', async () => {
    stub.script(token('t-1'));
    build();
    expect(await wait()).toBe('t-1');
    const [request] = stub.requests;
    expect(request).toMatchObject({
      method: 'POST',
      url: '/oauth/token?tenant=a',
      body: 'grant_type=client_credentials',
    });
    expect(request?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    const basic = request?.headers.authorization?.replace('Basic ', '') ?? '';
    expect(Buffer.from(basic, 'base64').toString()).toBe(`client%3A1:${SECRET}`);
    expect(source.hasValidToken()).toBe(true);
    expect(renewals).toEqual(['ok']);
  });

  test.each<[string, Behaviour]>([
    ['401', { status: 401, body: SECRET }],
    ['500', { status: 500 }],
    ['a redirect', { status: 302, headers: { location: '/elsewhere' } }],
    ['no JSON', { body: `<html>${SECRET}` }],
    ['a token that fits no header', token('a\nb')],
    ['silence', { silent: true }],
    ['a drip', { drip: ' ', everyMs: 20 }],
    ['a flood', { flood: true }],
    ['a reset', { reset: 'after_reading' }],
    ['no HTTP', { raw: 'hello' }],
  ])('%s: counted, retried, and nothing secret in the log', async (_name, behaviour) => {
    stub.script(behaviour, token('t-2'));
    build();
    expect(await wait()).toBe('t-2');
    expect(renewals).toEqual(['failed', 'ok']);
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(JSON.stringify(log.lines)).not.toContain(SECRET);
    expect(JSON.stringify(log.lines)).not.toContain(Buffer.from(`client%3A1:${SECRET}`).toString('base64'));
  });

  test('a flood is cut off when it is too large, not when time is up', async () => {
    stub.script({ flood: true }, token('t-2'));
    build({ timeoutMs: 120_000 });
    expect(await wait()).toBe('t-2');
    expect(log.lines[0]?.fields).toMatchObject({ error: 'the answer is too large' });
  });

  test('who waits gives up with its signal', async () => {
    stub.script({ status: 500 });
    build();
    expect(await wait(100)).toBeUndefined();
    expect(source.hasValidToken()).toBe(false);
  });

  test('stopped, it calls no more and leaves no socket', async () => {
    stub.script({ status: 500 });
    build();
    await until(() => renewals.length > 0);
    source.stop();
    const calls = stub.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(stub.requests.length).toBe(calls);
    expect(stub.sockets()).toBe(0);
  });
});

describe('renewal on refusal', () => {
  test('one for a hundred who wait', async () => {
    stub.script(token('old'), { ...token('new'), delayMs: 50 });
    build();
    await wait();
    const renewed = await Promise.all(Array.from({ length: 100 }, () => source.renew('old')));
    expect(new Set(renewed)).toEqual(new Set(['new']));
    expect(stub.requests).toHaveLength(2);
  });

  test('none where the token is another by now', async () => {
    stub.script(token('new'));
    build();
    await wait();
    expect(await source.renew('old')).toBe('new');
    expect(stub.requests).toHaveLength(1);
  });

  test('a token that worked and is revoked soon after its renewal is renewed again at once', async () => {
    stub.script(token('t-1'), token('t-2'), token('t-3'));
    build();
    await wait();
    expect(await source.renew('t-1')).toBe('t-2');
    expect(await source.renew('t-2')).toBe('t-2');
    source.worked('t-2');
    expect(await source.renew('t-2')).toBe('t-3');
    expect(stub.requests).toHaveLength(3);
  });

  test('a server that gives the same token again is not asked again and again', async () => {
    stub.script(token('same'));
    build();
    await wait();
    for (let n = 0; n < 10; n += 1) expect(await source.renew('same')).toBe('same');
    expect(stub.requests).toHaveLength(2);
  });

  test('that fails says so, once for all, and keeps the token', async () => {
    stub.script(token('old'), { status: 500 });
    build();
    await wait();
    const renewed = await Promise.all(Array.from({ length: 50 }, () => source.renew('old')));
    expect(new Set(renewed)).toEqual(new Set([undefined]));
    expect(await source.renew('old')).toBeUndefined();
    expect(stub.requests).toHaveLength(2);
    expect(source.current()).toBe('old');
  });

  test('ends early with the caller’s signal, and goes on for the others', async () => {
    const renewed = Promise.withResolvers<Behaviour>();
    stub.script(token('old'), () => renewed.promise);
    build({ timeoutMs: 120_000 });
    await wait();
    const patient = source.renew('old');
    expect(await source.renew('old', AbortSignal.timeout(20))).toBeUndefined();
    renewed.resolve(token('new'));
    expect(await patient).toBe('new');
  });
});

describe('renewal by schedule', () => {
  async function setUp(...script: readonly Script[]) {
    const clock = createFakeClock(Date.now());
    stub.script(...script);
    build({ clock, random: () => 0.5 });
    await until(() => renewals.length === 1);
    await settled();
    return clock;
  }
  const advance = async (
    clock: ReturnType<typeof createFakeClock>,
    ms: number,
    expected: number,
  ): Promise<void> => {
    await clock.advance(ms);
    await until(() => renewals.length >= expected);
    await settled();
  };

  test('at three quarters of its life', async () => {
    const clock = await setUp(token('t-1', 1000), token('t-2', 1000));
    await clock.advance(770_000);
    expect(renewals).toHaveLength(1);
    await advance(clock, 10_000, 2);
    expect(source.current()).toBe('t-2');
  });

  test('a failing one keeps the token until it expires, goes on trying, and recovers', async () => {
    const clock = await setUp(token('t-1', 1000), { status: 500 });
    for (let tries = 2; tries <= 8; tries += 1) await advance(clock, tries === 2 ? 780_000 : 15_000, tries);
    expect(source.current()).toBe('t-1');
    expect(source.hasValidToken()).toBe(true);
    await clock.advance(220_000);
    expect(source.current()).toBeUndefined();
    expect(source.hasValidToken()).toBe(false);
    stub.script(token('t-2', 1000));
    const late = source.token(new AbortController().signal);
    await clock.advance(15_000);
    expect(await late).toBe('t-2');
  });

  test.each([0, -1, 'x', undefined, 1e12])('expires_in %j floods nobody', async (expiresIn) => {
    const clock = await setUp(token('t', expiresIn));
    await clock.advance(30_000);
    expect(stub.requests.length).toBeLessThanOrEqual(2);
    expect(source.current()).toBe('t');
  });

  test('one on refusal moves the schedule', async () => {
    const clock = await setUp(token('t-1', 10_000), token('t-2', 100), token('t-3', 10_000));
    await source.renew('t-1');
    await settled();
    await advance(clock, 80_000, 3);
    expect(source.current()).toBe('t-3');
  });
});
