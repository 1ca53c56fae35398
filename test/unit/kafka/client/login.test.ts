/** Tokens are asked for once by all who wait, kept for most of their life, and a failure is not kept. */
import kafkajs, { type Logger, type Mechanism } from 'kafkajs';
import { describe, expect, it, vi } from 'vitest';
import { keepToken } from '../../../../src/kafka/client/kept-token.ts';
import { saslOptions } from '../../../../src/kafka/client/login.ts';
import { signForMsk } from '../../../../src/kafka/client/msk-token.ts';

describe('a kept token', () => {
  it('is kept for three quarters of its life, from when it was asked for', async () => {
    let now = 0;
    const ask = vi.fn(async () => {
      now += 10;
      return { value: `token-${String(ask.mock.calls.length)}`, lifetimeMs: 100_000 };
    });
    const token = keepToken(ask, { now: () => now });
    expect(await Promise.all([token(), token()])).toEqual(['token-1', 'token-1']);
    now = 74_999;
    expect(await token()).toBe('token-1');
    now = 75_000;
    expect(await token()).toBe('token-2');
  });

  it('that could not be had is asked for again', async () => {
    const ask = vi
      .fn()
      .mockRejectedValueOnce(new Error('away'))
      .mockResolvedValue({ value: 't', lifetimeMs: 1 });
    const token = keepToken(ask, { now: () => 0 });
    const both = await Promise.allSettled([token(), token()]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await token()).toBe('t');
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('away: the old one while it lasts', async () => {
    let now = 0;
    const ask = vi.fn().mockResolvedValueOnce({ value: 'old', lifetimeMs: 100_000 });
    ask.mockRejectedValue(new Error('away'));
    const token = keepToken(ask, { now: () => now });
    expect(await token()).toBe('old');
    now = 84_999;
    expect(await Promise.all([token(), token()])).toEqual(['old', 'old']);
    expect(ask).toHaveBeenCalledTimes(2);
    now = 85_000;
    await expect(token()).rejects.toThrow('away');
    ask.mockResolvedValue({ value: 'new', lifetimeMs: 100_000 });
    expect(await token()).toBe('new');
  });

  it('a renewal that fails too late for the old one', async () => {
    let now = 0;
    const ask = vi.fn().mockResolvedValueOnce({ value: 'old', lifetimeMs: 100_000 });
    const token = keepToken(ask, { now: () => now });
    await token();
    now = 84_000;
    ask.mockImplementation(async () => {
      now += 1000;
      throw new Error('away');
    });
    await expect(token()).rejects.toThrow('away');
  });

  it.each([
    [14_000, 0],
    [15_000, 0],
    [20_000, 5000],
    [60_000, 45_000],
  ])(
    'of %i ms is kept for %i ms: each session by it has time to be renewed in',
    async (lifetimeMs, keptMs) => {
      let now = 0;
      const ask = vi.fn(async () => ({ value: String(ask.mock.calls.length), lifetimeMs }));
      const token = keepToken(ask, { now: () => now });
      expect(await token()).toBe('1');
      now = keptMs - 1;
      if (keptMs > 0) expect(await token()).toBe('1');
      now = keptMs;
      expect(await token()).toBe('2');
    },
  );
});

type Options = ReturnType<typeof saslOptions>;

/** What a broker answers to the bytes of a login. */
type Answer = (sent: Buffer) => Promise<Buffer>;

const TAKEN = Buffer.from([0, 0, 0, 0]);

/** Logs in as kafkajs would have it done. @returns what was sent, without its length. */
async function logIn(options: Options, answer: Answer = async () => TAKEN): Promise<string> {
  expect(options.mechanism).toBe('oauthbearer');
  let sent: Buffer = Buffer.alloc(0);
  const logger = { error: vi.fn(), warn: vi.fn(), info: vi.fn(), debug: vi.fn() };
  const { authenticate } = (options as Mechanism).authenticationProvider({
    ...{ host: 'broker', port: 9098, logger: logger as unknown as Logger },
    saslAuthenticate: async ({ request, response }) => {
      sent = await request.encode();
      const answered = await answer(sent);
      if (response === undefined) throw new Error('the answer is not read');
      return response.parse(await response.decode(answered));
    },
  });
  await authenticate();
  expect(sent.readInt32BE()).toBe(sent.length - 4);
  return sent.subarray(4).toString();
}

const byToken = (token = async () => 'a.b.c'): Options => saslOptions({ mechanism: 'oauthbearer', token });

describe('logins by token', () => {
  it('a token that can not be had now is a connection that can not be made now', async () => {
    const token = () => Promise.reject(new Error('HTTP 503'));
    await expect(logIn(byToken(token))).rejects.toMatchObject({
      name: 'KafkaJSConnectionError',
      retriable: true,
      message: expect.stringMatching(/no token to log in with: .*HTTP 503/) as string,
    });
  });

  it.each([
    ['empty', TAKEN],
    ['none', Buffer.from([255, 255, 255, 255])],
  ])('the token as RFC 7628 has it sent; taken where the answer is %s', async (_, answered) => {
    expect(await logIn(byToken(), async () => answered)).toBe('n,,\u0001auth=Bearer a.b.c\u0001\u0001');
  });

  it.each<[string, Answer, string]>([
    [
      'in an answer without an error code',
      async () => Buffer.concat([Buffer.from([0, 0, 0, 26]), Buffer.from('{"status":"invalid_token"}')]),
      'the brokers refuse the token: {"status":"invalid_token"}',
    ],
    [
      'by an error code',
      () => Promise.reject(new kafkajs.KafkaJSProtocolError('Access denied')),
      'the brokers refuse the token: Access denied',
    ],
    [
      'never, as the connection ended',
      () => Promise.reject(new kafkajs.KafkaJSConnectionError('Closed connection')),
      'the login by token failed: Closed connection',
    ],
  ])('a refusal is a login that fails: said %s', async (_, answer, message) => {
    await expect(logIn(byToken(), answer)).rejects.toMatchObject({
      name: 'KafkaJSSASLAuthenticationError',
      retriable: false,
      message,
    });
  });

  it('a refusal is answered with the last word that ends the login, whatever comes of it', async () => {
    const heard: string[] = [];
    const answer: Answer = async (sent) => {
      heard.push(sent.toString('latin1', 4));
      if (heard.length > 1) throw new kafkajs.KafkaJSProtocolError('Access denied');
      return Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.from('{}')]);
    };
    await expect(logIn(byToken(), answer)).rejects.toThrow('the brokers refuse the token: {}');
    expect(heard).toEqual(['n,,\u0001auth=Bearer a.b.c\u0001\u0001', '\u0001']);
  });

  it('by AWS: its signature over the right to connect in that region, short-lived, without the secret', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'hunter2');
    try {
      const options = saslOptions({ mechanism: 'aws-msk-iam', region: 'eu-central-1' });
      const ask = async () => /Bearer ([\w-]+)/.exec(await logIn(options))?.[1] ?? '';
      const value = await ask();
      const url = new URL(Buffer.from(value, 'base64url').toString());
      expect(url.host).toBe('kafka.eu-central-1.amazonaws.com');
      expect(Object.fromEntries(url.searchParams)).toMatchObject({
        Action: 'kafka-cluster:Connect',
        'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
        'X-Amz-Credential': expect.stringMatching(
          /^AKIDEXAMPLE\/\d{8}\/eu-central-1\/kafka-cluster\/aws4_request$/,
        ) as string,
        'X-Amz-Expires': '900',
        'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      });
      expect(url.href).not.toContain('hunter2');
      expect(await ask()).toBe(value);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('by AWS: credentials that never come are none now', async () => {
    const slept: number[] = [];
    const clock = {
      now: () => 0,
      sleep: async (ms: number) => {
        slept.push(ms);
      },
    };
    const never = () => new Promise<never>(() => undefined);
    await expect(signForMsk('eu-central-1', never, clock)).rejects.toThrow(
      "AWS's chain has given no credentials in 5000 ms",
    );
    expect(slept).toEqual([5000]);
  });
});
