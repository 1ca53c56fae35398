/** Packed batches in stretches of whole records, however they fall into chunks. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { expect, it } from 'vitest';
import { cutInParts, lz4Frame, snappyStream } from '../../../support/kafka/packed-frames.ts';
import { cutStretches, unpackStretches } from '../../../../src/kafka/codecs/record-stretches.ts';

function recordOf(body: Buffer): Buffer {
  const length: number[] = [];
  let left = body.length * 2;
  for (; left >= 0x80; left = Math.floor(left / 128)) length.push((left % 128) | 0x80);
  return Buffer.concat([Buffer.from([...length, left]), body]);
}

async function* chunksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function collect(stretches: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const stretch of stretches) all.push(stretch);
  return all;
}

it('all bytes come, in stretches that end with a record', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
      async (bodies, sizes) => {
        const records = bodies.map((body) => recordOf(Buffer.from(body)));
        const whole = Buffer.concat(records);
        const ends = new Set<number>();
        let end = 0;
        for (const { length } of records) ends.add((end += length));
        const stretches = await collect(cutStretches(chunksOf(whole, sizes), 1000));
        expect(Buffer.concat(stretches).equals(whole)).toBe(true);
        let at = 0;
        for (const { length } of stretches) expect(ends.has((at += length))).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

const records = Buffer.concat(Array.from({ length: 50_000 }, () => recordOf(Buffer.alloc(40, 'x'))));
const limits = { maxBatchBytes: records.length, maxRecordBytes: 1000 };

const packers = { gzip: gzipSync, zstd: zstdCompressSync, lz4: compressFrameSync, snappy: compressSync };

it.each([
  ['gzip', gzipSync(records)],
  ['zstd', zstdCompressSync(records)],
  ['lz4', lz4Frame(cutInParts(records, 64 * 1024))],
  ['snappy', snappyStream(cutInParts(records, 32 * 1024))],
] as const)('%s: what is unpacked comes whole, and as far as it is wanted', async (codec, packed) => {
  expect(Buffer.concat(await collect(unpackStretches(codec, packed, limits))).equals(records)).toBe(true);
  for await (const stretch of unpackStretches(codec, packed, limits)) {
    expect(stretch.length).toBeLessThanOrEqual(128 * 1024);
    break;
  }
});

it.each([
  ['that ends within a record', gzipSync(records.subarray(0, -1)), /cut short/],
  ['with a record larger than may be', gzipSync(recordOf(Buffer.alloc(60_000))), /a record of 60003 bytes/],
  ['that unpacks to more', gzipSync(Buffer.concat([records, records])), /unpacks to more than/],
  ['whose record has a negative length', gzipSync(Buffer.from([1, 0, 0])), /negative/],
  ['whose record has no length', gzipSync(Buffer.alloc(9, 0xff)), /no number/],
  ['that is none', Buffer.from('no gzip'), /incorrect header/],
])('a batch %s says so', async (_what, packed, error) => {
  await expect(collect(unpackStretches('gzip', packed, limits))).rejects.toThrow(error);
});

it('snappy: a raw block comes whole, unless it is larger than a record may be', async () => {
  const packed = compressSync(records);
  const wide = { ...limits, maxRecordBytes: records.length };
  expect(await collect(unpackStretches('snappy', packed, wide))).toEqual([records]);
  await expect(collect(unpackStretches('snappy', packed, limits))).rejects.toThrow(/unpacks to \d+ bytes/);
});

it.each(['gzip', 'zstd', 'lz4', 'snappy'] as const)('%s: what is small comes at once', async (codec) => {
  const few = Buffer.concat(Array.from({ length: 1000 }, () => recordOf(Buffer.alloc(60, 'x'))));
  const packed = packers[codec](few);
  const wide = { maxBatchBytes: 1_000_000, maxRecordBytes: 1_000_000 };
  // In the threads' way a stretch has 16 KiB.
  expect(await collect(unpackStretches(codec, packed, wide))).toEqual([few]);
  await expect(
    collect(unpackStretches(codec, packed, { ...wide, maxBatchBytes: few.length - 1 })),
  ).rejects.toThrow(/unpacks to .*more than/);
});
