/** Unpacking within bounds, at once and in the background, and what memory that takes. */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  giveBack,
  hintUnpackedBytes,
  unpackGzip,
  unpackGzipNow,
} from '../../../../src/stream/decode/unpack-gzip.ts';

/** More than zlib hands out in one piece. */
const bytes = randomBytes(300_000);
const packed = gzipSync(bytes);

describe.each([
  ['at once', (value: Buffer, maxBytes: number) => Promise.resolve(unpackGzipNow(value, maxBytes))],
  ['in the background', unpackGzip],
])('what is unpacked %s', (_how, unpack) => {
  it('is the bytes that were packed, up to the limit', async () => {
    for (const maxBytes of [bytes.length, bytes.length + 1, 10 * bytes.length]) {
      const unpacked = await unpack(packed, maxBytes);
      expect(unpacked.kind === 'bytes' && unpacked.bytes.equals(bytes)).toBe(true);
    }
    expect(await unpack(packed, bytes.length - 1)).toEqual({ kind: 'too_large' });
    expect(await unpack(packed, 1)).toEqual({ kind: 'too_large' });
  });

  it('may be nothing, in no room at all', async () => {
    expect(await unpack(gzipSync(''), 0)).toMatchObject({ kind: 'bytes', bytes: { length: 0 } });
    expect(await unpack(gzipSync('x'), 0)).toEqual({ kind: 'too_large' });
  });

  it('is refused with what is wrong with it', async () => {
    expect(await unpack(Buffer.from('none'), 1000)).toEqual({
      ...{ kind: 'not_gzip', error: 'incorrect header check' },
    });
    const more = Buffer.concat([packed, Buffer.from([0, 0, 1])]);
    expect(await unpack(more, 1_000_000)).toEqual({ kind: 'not_gzip', error: 'other data after its end' });
    const padded = await unpack(Buffer.concat([packed, Buffer.alloc(3)]), 1_000_000);
    expect(padded).toMatchObject({ kind: 'bytes', bytes: { length: bytes.length } });
  });
});

describe('memory', () => {
  it('that was taken for more than came is kept up to as much again, and else not', async () => {
    const keptOf = async (maxBytes: number): Promise<number> => {
      const unpacked = await unpackGzip(packed, maxBytes);
      return unpacked.kind === 'bytes' ? unpacked.bytes.buffer.byteLength : NaN;
    };
    expect(await keptOf(bytes.length)).toBe(bytes.length);
    expect(await keptOf(2 * bytes.length)).toBe(2 * bytes.length);
    expect(await keptOf(2 * bytes.length + 1)).toBe(bytes.length);
  });

  it('that is given back is free at once', () => {
    const memory = Buffer.from(new ArrayBuffer(1000));
    giveBack(memory.subarray(10, 20));
    expect(memory.length).toBe(0);
    const shared = Buffer.from(new SharedArrayBuffer(1000));
    giveBack(shared);
    expect(shared.length).toBe(1000);
  });
});

describe('the size that a packed value promises', () => {
  it('is that of its last member', () => {
    expect(hintUnpackedBytes(packed)).toBe(bytes.length);
    expect(hintUnpackedBytes(Buffer.concat([packed, gzipSync('12345')]))).toBe(5);
  });

  it('is none of a value too short for a member, and of no value more than gzip can make of it', () => {
    const liar = Buffer.alloc(18, 0xff);
    expect(hintUnpackedBytes(liar.subarray(1))).toBe(0);
    expect(hintUnpackedBytes(liar)).toBe(18 * 1032);
    expect(hintUnpackedBytes(Buffer.alloc(0))).toBe(0);
  });
});
