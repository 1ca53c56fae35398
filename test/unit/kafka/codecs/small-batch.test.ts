/** What is unpacked at once, and what is left to the threads: never more than the event loop has time for. */
import { randomBytes } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SMALL_BYTES, unpackSmall } from '../../../../src/kafka/codecs/small-batch.ts';

const packers = { gzip: gzipSync, zstd: zstdCompressSync };
const NO_LIMIT = 1_000_000;

describe.each(['gzip', 'zstd'] as const)('%s', (codec) => {
  const pack = packers[codec];

  it('gives back what is small', () => {
    for (const sample of [Buffer.alloc(0), randomBytes(10_000), Buffer.alloc(SMALL_BYTES, 'abc')])
      expect(unpackSmall(codec, pack(sample), NO_LIMIT)?.equals(sample)).toBe(true);
  });

  it('leaves what is large, packed or unpacked', () => {
    expect(unpackSmall(codec, pack(Buffer.alloc(SMALL_BYTES + 1, 'abc')), NO_LIMIT)).toBeUndefined();
    expect(unpackSmall(codec, pack(randomBytes(20_000)), NO_LIMIT)).toBeUndefined();
  });

  it('leaves what is beyond the limit, and what is no such data', () => {
    const packed = pack(Buffer.alloc(1000, 'abc'));
    expect(unpackSmall(codec, packed, 1000)?.length).toBe(1000);
    expect(unpackSmall(codec, packed, 999)).toBeUndefined();
    expect(unpackSmall(codec, packed.subarray(0, -5), NO_LIMIT)).toBeUndefined();
    expect(unpackSmall(codec, Buffer.from('not packed at all'), NO_LIMIT)).toBeUndefined();
  });
});
