/**
 * Answers that no partner should give, byte by byte over real sockets: bodies of every shape, lengths that lie,
 * chunks that are cut, headers that are none, packed bodies, redirects. Each event still ends by the contract's
 * table, each token still comes, and nothing is thrown where nobody listens.
 */
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCouponApi } from '../../../src/partners/coupon/coupon-api.ts';
import { createTokenSource } from '../../../src/partners/auth/token-source.ts';
import { type Clock, systemClock } from '../../../src/runtime/clock.ts';
import { startHttpStub, type HttpStub } from '../../support/partners/http-stub.ts';
import { ownershipOf } from '../../support/kafka/ownership-of.ts';
import { couponQuery, createLogBook } from '../../support/partners/partner-fakes.ts';

const CASES = 400;
const TOKEN_CASES = 60;
const GOOD = { couponId: 'good', merchantId: 'm-1', title: 'Ten percent' };
const GOOD_BODY = JSON.stringify({ coupons: [GOOD] });

/** What the table says of an answer; `any`: bytes of which it can't be told from here. */
type Expected = 'coupons' | 'rejected' | 'none' | 'retried' | 'any';
interface Hostile {
  readonly bytes: Buffer;
  readonly expected: Expected;
}

const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const shapes: readonly (readonly [string | Buffer, Expected])[] = [
  [GOOD_BODY, 'coupons'],
  [`\ufeff${GOOD_BODY}`, 'coupons'],
  [
    `{"__proto__":{"polluted":1},"coupons":[${JSON.stringify(GOOD)},{"constructor":{"prototype":{"polluted":1}}}]}`,
    'coupons',
  ],
  [`{"coupons":[],"coupons":[${JSON.stringify(GOOD)}]}`, 'coupons'],
  [JSON.stringify({ coupons: [...Array.from({ length: 5000 }, () => ({})), GOOD] }), 'coupons'],
  [`{"coupons":[${'1e999,-0,"\\ud800",null,'.repeat(200)}${JSON.stringify(GOOD)}]}`, 'coupons'],
  ['{"coupons":[]}', 'none'],
  [
    JSON.stringify({
      coupons: [
        { ...GOOD, title: 7 },
        { ...GOOD, couponId: '\ud800' },
      ],
    }),
    'none',
  ],
  [`{"coupons":${deep(50_000)}}`, 'none'],
  [`{"__proto__":{"coupons":[${JSON.stringify(GOOD)}]}}`, 'rejected'],
  [`{"coupons":{"length":1,"0":${JSON.stringify(GOOD)}}}`, 'rejected'],
  ['{"coupons":null}', 'rejected'],
  ['', 'rejected'],
  ['null', 'rejected'],
  ['"coupons"', 'rejected'],
  [deep(200_000), 'rejected'],
  ['{"a":'.repeat(100_000), 'rejected'],
  [GOOD_BODY.slice(0, -3), 'rejected'],
  [Buffer.from(GOOD_BODY, 'utf16le'), 'rejected'],
  [
    Buffer.concat([Buffer.from('{"coupons":[{"couponId":"'), Buffer.of(0xff, 0xfe), Buffer.from('"}]}')]),
    'rejected',
  ],
  [gzipSync(GOOD_BODY), 'rejected'],
  [deflateSync(GOOD_BODY), 'rejected'],
  [' '.repeat(1024 * 1024 + 1), 'rejected'],
];

const http = (status: number, headers: readonly string[], body: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(
      `HTTP/1.1 ${String(status)} Any\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`,
      'latin1',
    ),
    body,
  ]);
/** Of a body that is called gzip: a plain object is taken all the same, gzip is unpacked, anything else is broken. */
const calledGzip = (body: Buffer, plain: Expected): Expected => {
  if (body.equals(gzipSync(GOOD_BODY))) return 'coupons';
  if (plain === 'any') return 'any';
  return /^(?:\ufeff)?\{/.test(body.toString()) ? plain : 'rejected';
};
const lengthOf = (body: Buffer, more = 0): string => `content-length: ${String(body.length + more)}`;
const chunk = (body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]);
const END = Buffer.from('0\r\n\r\n');

const bodies = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...shapes) },
  fc.json({ maxDepth: 6, stringUnit: 'binary' }).map((text) => [text, 'rejected'] as const),
  fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => [Buffer.from(bytes), 'any'] as const),
);
const wellFramed = bodies.chain(([text, expected]) => {
  const body = Buffer.from(text);
  const noise = [
    'content-type: text/html',
    'content-encoding: gzip',
    'x-a: \u0001',
    'set-cookie: a=b; c',
    'retry-after: soon',
  ];
  return fc.constantFrom<Hostile>(
    { bytes: http(200, [lengthOf(body)], body), expected },
    { bytes: http(201, [lengthOf(body), ...noise.slice(0, 2)], body), expected: calledGzip(body, expected) },
    { bytes: http(200, ['connection: close'], body), expected },
    ...(body.length === 0
      ? []
      : [{ bytes: http(200, ['transfer-encoding: chunked'], Buffer.concat([chunk(body), END])), expected }]),
    { bytes: http(404, [lengthOf(body)], body), expected: 'none' },
    { bytes: http(204, [], Buffer.alloc(0)), expected: 'none' },
    { bytes: http(302, [lengthOf(body), 'location: /elsewhere'], body), expected: 'retried' },
    { bytes: http(418, [lengthOf(body)], body), expected: 'rejected' },
    { bytes: http(429, [lengthOf(body), 'retry-after: 0'], body), expected: 'retried' },
    { bytes: http(503, [lengthOf(body), 'retry-after: -1e9', ...noise.slice(3)], body), expected: 'retried' },
    { bytes: http(500, [lengthOf(body), 'retry-after: Thu, 99 Foo 9999'], body), expected: 'retried' },
  );
});
const broken = bodies.chain(([text]) => {
  const body = Buffer.concat([Buffer.from('{"coupons":['), Buffer.from(text).subarray(0, 1000)]);
  return fc.constantFrom<Hostile>(
    // Promised more than came, cut off in a chunk, or before the last one.
    { bytes: http(200, [lengthOf(body, 10)], body), expected: 'retried' },
    { bytes: http(200, ['transfer-encoding: chunked'], chunk(body)), expected: 'retried' },
    { bytes: http(200, ['transfer-encoding: chunked'], chunk(body).subarray(0, -5)), expected: 'retried' },
    { bytes: http(200, ['transfer-encoding: chunked'], Buffer.from('zz\r\n')), expected: 'retried' },
    { bytes: http(200, ['content-length: -1'], body), expected: 'retried' },
    { bytes: http(200, ['content-length: 1', 'content-length: 2'], body), expected: 'retried' },
    { bytes: http(200, [`x: ${'y'.repeat(100_000)}`, lengthOf(body)], body), expected: 'retried' },
    { bytes: http(200, ['no colon here', lengthOf(body)], body), expected: 'retried' },
    { bytes: http(200, ['\u0000: a', lengthOf(body)], body), expected: 'retried' },
    { bytes: http(99, [lengthOf(body)], body), expected: 'any' },
    { bytes: Buffer.from('HTTP/9.9 200 OK\r\n\r\n'), expected: 'retried' },
    { bytes: Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), expected: 'retried' },
    { bytes: body, expected: 'retried' },
    { bytes: Buffer.alloc(0), expected: 'retried' },
  );
});
const hostile = fc.oneof(wellFramed, broken);

/** Rests and pauses pass quickly: most calls fail here, so the breaker is open most of the time. */
const hasty: Clock = { now: Date.now, sleep: (ms, signal) => systemClock.sleep(ms / 50, signal) };

let stub: HttpStub;
beforeEach(async () => {
  stub = await startHttpStub();
});
afterEach(() => stub.close());

test('hostile coupon answers: every event ends by the table', async () => {
  const cases = fc.sample(hostile, CASES);
  const calls = new Map<string, number>();
  stub.script(({ url }) => {
    const user = new URL(url, 'http://stub').searchParams.get('userId') ?? '';
    const nth = (calls.get(user) ?? 0) + 1;
    calls.set(user, nth);
    const found = cases[Number(user)];
    if (found === undefined) throw new Error(`no case ${user}`);
    return nth === 1 ? { raw: found.bytes } : { body: GOOD_BODY };
  });
  const api = createCouponApi({
    url: stub.url,
    timeoutMs: 10_000,
    concurrency: 16,
    clock: hasty,
    logger: createLogBook(),
  });
  const held = new AbortController().signal;
  const answers = await Promise.all(
    cases.map((_, at) => api.find(couponQuery({ userId: String(at) }, 86_400_000), ownershipOf(held))),
  );
  await api.stop();
  const seen = new Set<Expected>();
  for (const [at, { bytes, expected }] of cases.entries()) {
    const answer = answers[at];
    const ids = answer?.kind === 'coupons' ? answer.coupons.map(({ couponId }) => couponId) : undefined;
    const wasRetried = (calls.get(String(at)) ?? 0) > 1;
    const got: Expected | undefined = wasRetried
      ? 'retried'
      : ids === undefined
        ? 'rejected'
        : ids.length > 0
          ? 'coupons'
          : 'none';
    const said = `case ${String(at)}: ${bytes.subarray(0, 300).toString('latin1')}`;
    if (expected !== 'any') expect(got, said).toBe(expected);
    expect(answer?.kind, said).toMatch(/^(?:coupons|rejected)$/);
    if (got === 'retried' || got === 'coupons') expect(ids, said).toEqual(['good']);
    seen.add(expected);
  }
  expect(seen.size).toBe(5);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});

test('hostile token answers: the next good one is taken, and nothing of the bad ones is a token', async () => {
  const tokenBody = (text: string): Buffer => Buffer.from(text);
  const bad = fc.oneof(
    broken,
    fc.constantFrom(...shapes).map(([text]): Hostile => {
      const body = Buffer.from(text);
      return { bytes: http(200, [lengthOf(body)], body), expected: 'retried' };
    }),
    fc
      .constantFrom(
        ...[
          '{"access_token":""}',
          '{"access_token":7}',
          '{"access_token":["a"]}',
          '{"__proto__":{"access_token":"a"}}',
        ],
        ...[
          '{"access_token":"a b"}',
          '{"access_token":"a\\r\\nx: y"}',
          '{"access_token":"\\ud800"}',
          '{"access_token":"ä"}',
        ],
        ...[
          `{"access_token":"${'x'.repeat(20_000)}"}`,
          '{"access_token":"a","token_type":"mac"}',
          `{"access_token":${deep(50_000)}}`,
        ],
      )
      .map((text): Hostile => ({
        bytes: http(200, [lengthOf(tokenBody(text))], tokenBody(text)),
        expected: 'retried',
      })),
  );
  const cases = fc.sample(bad, TOKEN_CASES);
  const calls = new Map<string, number>();
  stub.script(({ url }) => {
    const nth = (calls.get(url) ?? 0) + 1;
    calls.set(url, nth);
    const found = cases[Number(url.slice(1))];
    if (found === undefined) throw new Error(`no case ${url}`);
    return nth === 1 ? { raw: found.bytes } : { body: '{"access_token":"good","expires_in":3600}' };
  });
  const sources = cases.map((_, at) =>
    createTokenSource({
      url: `${stub.url}/${String(at)}`,
      clientId: 'client',
      clientSecret: 'secret',
      timeoutMs: 10_000,
      clock: systemClock,
      logger: createLogBook(),
    }),
  );
  for (const source of sources) source.start();
  const tokens = await Promise.all(sources.map((source) => source.token(AbortSignal.timeout(50_000))));
  for (const source of sources) source.stop();
  for (const [at, token] of tokens.entries())
    expect(token, cases[at]?.bytes.subarray(0, 300).toString('latin1')).toBe('good');
  expect([...calls.values()].every((count) => count === 2)).toBe(true);
});
