import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodingOf, unpackBody } from '../../../../src/partners/http/unpack-body.ts';

const LIMIT = 1024 * 1024;
const TEXT = JSON.stringify({ coupons: [{ couponId: 'c-1', merchantId: 'm-1', title: 'Zehn Prozent' }] });
const BODY = Buffer.from(TEXT);
const quickBrotli = (body: Buffer): Buffer =>
  brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
const unpack = async (body: Buffer, encoding: string, limit = LIMIT): Promise<string> => {
  const unpacked = await unpackBody(body, encoding, limit);
  return unpacked.kind === 'bytes' ? unpacked.bytes.toString() : unpacked.kind;
};
const error = async (body: Buffer, encoding: string): Promise<string | undefined> => {
  const unpacked = await unpackBody(body, encoding, LIMIT);
  return unpacked.kind === 'unreadable' ? unpacked.error : unpacked.kind;
};

describe('a packed body', () => {
  test.each<[string, Buffer]>([
    ['gzip', gzipSync(BODY)],
    ['x-gzip', gzipSync(BODY)],
    ['GZip', gzipSync(BODY)],
    [' gzip ', gzipSync(BODY)],
    ['deflate', deflateSync(BODY)],
    ['deflate', deflateSync(BODY, { level: 1 })],
    ['deflate', deflateRawSync(BODY)],
    ['Deflate', deflateRawSync(BODY)],
    ['br', brotliCompressSync(BODY)],
    ['identity', BODY],
    ['identity, gzip', gzipSync(BODY)],
    ['gzip, identity', gzipSync(BODY)],
    ['gzip, gzip', gzipSync(gzipSync(BODY))],
    ['deflate, gzip', gzipSync(deflateSync(BODY))],
    ['deflate,br,gzip', gzipSync(brotliCompressSync(deflateRawSync(BODY)))],
    [',gzip,', gzipSync(BODY)],
    ['gzip', Buffer.concat([gzipSync(BODY.subarray(0, 9)), gzipSync(BODY.subarray(9))])],
  ])('by %s is unpacked', async (encoding, packed) => {
    expect(await unpack(packed, encoding)).toBe(TEXT);
  });

  test.each(['gzip', 'deflate', 'br', 'gzip, gzip'])(
    'that is plain JSON all the same is taken: %s',
    async (encoding) => {
      expect(await unpack(BODY, encoding)).toBe(TEXT);
    },
  );

  test('unpacked once by somebody on the way is taken', async () => {
    expect(await unpack(gzipSync(BODY), 'gzip, gzip')).toBe(TEXT);
    expect(await unpack(gzipSync(BODY), 'br, gzip')).toBe(TEXT);
  });

  test.each<[string, Buffer, string]>([
    ['zstd', gzipSync(BODY), 'unknown content-encoding'],
    ['zstd', BODY, 'unknown content-encoding'],
    ['utf-8', BODY, 'unknown content-encoding'],
    ['gzip, sdch', gzipSync(BODY), 'unknown content-encoding'],
    ['gzip,gzip,gzip,gzip', gzipSync(BODY), 'too many content-encodings'],
    ['gzip', Buffer.alloc(0), 'an empty body is no gzip'],
    ['gzip', gzipSync(BODY).subarray(0, -6), 'the body is no gzip'],
    ['gzip', Buffer.concat([gzipSync(BODY), Buffer.from('rest')]), 'the body is no gzip'],
    ['gzip', deflateSync(BODY), 'the body is no gzip'],
    ['deflate', gzipSync(BODY), 'the body is no deflate'],
    ['deflate', deflateSync(BODY).subarray(0, -6), 'the body is no deflate'],
    ['br', brotliCompressSync(BODY).subarray(0, -3), 'the body is no br'],
    ['br', gzipSync(BODY), 'the body is no br'],
  ])('by %s that is none is unreadable', async (encoding, packed, said) => {
    expect(await error(packed, encoding)).toBe(said);
  });

  test('large ones are unpacked off the event loop', async () => {
    const large = Buffer.from(JSON.stringify({ text: 'abc'.repeat(100_000) }));
    for (const [encoding, packed] of [
      ['gzip', gzipSync(large)],
      ['gzip, br', brotliCompressSync(gzipSync(large))],
      ['deflate', deflateRawSync(large, { level: 0 })],
    ] as const) {
      const unpacked = unpackBody(packed, encoding, LIMIT);
      expect(unpacked).toBeInstanceOf(Promise);
      expect(await unpacked).toEqual({ kind: 'bytes', bytes: large });
    }
  });

  test.each<[string, (body: Buffer) => Buffer]>([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', quickBrotli],
  ])('by %s is unpacked up to the limit and not a byte further', async (encoding, pack) => {
    expect(await unpack(pack(Buffer.alloc(5000, 32)), encoding, 5000)).toBe(' '.repeat(5000));
    expect(await unpack(pack(Buffer.alloc(5001, 32)), encoding, 5000)).toBe('too_large');
    expect((await unpack(pack(Buffer.alloc(LIMIT, 32)), encoding)).length).toBe(LIMIT);
    expect(await unpack(pack(Buffer.alloc(LIMIT + 1, 32)), encoding)).toBe('too_large');
    expect(await unpack(pack(Buffer.alloc(20 * LIMIT, 32)), encoding)).toBe('too_large');
    expect(await unpack(gzipSync(pack(Buffer.alloc(20 * LIMIT, 32))), `${encoding}, gzip`)).toBe('too_large');
  });

  test('no bytes and no coding make it throw', async () => {
    const encodings = fc.oneof(
      fc.string(),
      fc
        .array(fc.constantFrom('gzip', 'deflate', 'br', 'identity'), { maxLength: 4 })
        .map((all) => all.join(', ')),
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), encodings, async (bytes, encoding) => {
        expect(['bytes', 'too_large', 'unreadable']).toContain(
          (await unpackBody(Buffer.from(bytes), encoding, 999)).kind,
        );
      }),
    );
  });
});

test.each<[string | string[] | undefined, string | undefined]>([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['gzip', 'gzip'],
  [['gzip', 'br'], 'gzip,br'],
])('content-encoding %j is %s', (header, encoding) => {
  expect(encodingOf(header)).toBe(encoding);
});
