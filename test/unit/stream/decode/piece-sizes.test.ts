/** At which sizes a record is decoded at once or in slices, and its pieces are copied, shared, or cut again. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeRecord, type RawRecord } from '../../../../src/stream/decode/record-decoder.ts';
import { decodeAll, MAX_RECORD_BYTES, recordOf } from './raw-record.ts';

const KIB = 1024;
const GZIP = { 'content-encoding': 'gzip' };

const isAtOnce = (record: RawRecord): boolean =>
  Array.isArray(decodeRecord(record, { maxRecordBytes: MAX_RECORD_BYTES }));

/** An object of exactly so many bytes. */
const objectOf = (bytes: number): string => `{"pad":"${'x'.repeat(bytes - 10)}"}`;

describe('a record comes at once', () => {
  it.each<[string, string, boolean]>([
    ['up to 16 events', `[${Array(16).fill('{}').join(',')}]`, true],
    ['with more in slices', `[${Array(17).fill('{}').join(',')}]`, false],
    ['up to 256 KiB', objectOf(256 * KIB), true],
    ['beyond that in slices', objectOf(256 * KIB + 1), false],
  ])('%s, plain or packed', (_name, value, atOnce) => {
    expect(isAtOnce(recordOf(value))).toBe(atOnce);
    expect(isAtOnce(recordOf(gzipSync(value), GZIP))).toBe(atOnce);
  });

  it('however its 16 events stand in it, unless that takes too many steps to find them', () => {
    const blank = ' '.repeat(100 * KIB);
    expect(isAtOnce(recordOf(`[${blank}${Array(16).fill('{}').join(',')}${blank}]`))).toBe(true);
    expect(isAtOnce(recordOf(`{}\n${'\n'.repeat(100 * KIB)}{}`))).toBe(true);
    expect(isAtOnce(recordOf('x\n'.repeat(400)))).toBe(true);
    expect(isAtOnce(recordOf('x\n'.repeat(600)))).toBe(false);
  });
});

describe('a piece of a large record', () => {
  /** An array of one event of so many bytes, and a large rest. */
  const arrayOf = (bytes: number): string => `[${objectOf(bytes)},${objectOf(300 * KIB)}]`;

  it('is copied up to 16 KiB, and larger shares the record’s memory', async () => {
    const small = recordOf(arrayOf(16 * KIB));
    const [copied] = await decodeAll(small);
    expect(copied).toMatchObject({ ownBytes: 16 * KIB, unpacked: false });
    expect(copied?.bytes?.buffer).not.toBe(small.value?.buffer);
    const large = recordOf(arrayOf(16 * KIB + 1));
    const [shared] = await decodeAll(large);
    expect(shared).toMatchObject({ ownBytes: undefined, unpacked: false });
    expect(shared?.bytes?.buffer).toBe(large.value?.buffer);
  });

  it('… where the record is up to 256 KiB every piece shares it', async () => {
    const record = recordOf(`[${objectOf(100)},${objectOf(256 * KIB - 103)}]`);
    expect(record.value?.length).toBe(256 * KIB);
    const [piece] = await decodeAll(record);
    expect(piece).toMatchObject({ ownBytes: undefined });
    const larger = recordOf(`[${objectOf(100)},${objectOf(256 * KIB - 102)}]`);
    expect((await decodeAll(larger))[0]).toMatchObject({ ownBytes: 100 });
  });

  it('… of a packed one is copied up to 16 KiB, and larger is cut again', async () => {
    const [copied] = await decodeAll(recordOf(gzipSync(arrayOf(16 * KIB)), GZIP));
    expect(copied).toMatchObject({ ownBytes: 16 * KIB, unpacked: true, recut: undefined });
    const [again] = await decodeAll(recordOf(gzipSync(arrayOf(16 * KIB + 1)), GZIP));
    expect(again).toMatchObject({ ownBytes: undefined, unpacked: true, bytes: null });
    const lent = await again?.recut?.();
    expect(lent?.bytes.toString()).toBe(objectOf(16 * KIB + 1));
    lent?.release();
  });

  it('… takes all the room there is where the record is as large as one may be', async () => {
    const text = arrayOf(17 * KIB);
    const [piece] = await decodeAll(recordOf(gzipSync(text), GZIP), text.length);
    expect(piece?.roomShare).toBe(1);
  });

  it('… can be cut again only while its packed bytes are what they were', async () => {
    const packed = gzipSync(arrayOf(17 * KIB));
    const [piece] = await decodeAll(recordOf(packed, GZIP));
    packed.fill(0);
    await expect(piece?.recut?.()).rejects.toThrow('a record that could be unpacked no longer can');
  });
});

describe('the key that pieces have', () => {
  /** Key and value side by side, as a fetch brings them. */
  async function keyOf(value: Buffer): Promise<{ readonly key: Buffer; readonly isShared: boolean }> {
    const together = Buffer.concat([Buffer.from('key'), value]);
    const record = { ...recordOf(together.subarray(3), GZIP), key: together.subarray(0, 3) };
    const pieces = await decodeAll(record);
    const [first, second] = pieces.map(({ envelope }) => envelope);
    expect(second).toBe(first);
    return { key: first!.key!, isShared: first!.key!.buffer === together.buffer };
  }
  /** Packed lines that can not be packed much, of about so many bytes. */
  function packedOf(atLeast: number): Buffer {
    for (let lines = 1; ; lines += 1) {
      const text = Array.from({ length: lines }, (_, n) => `{"userId":"${String(Math.sin(n))}"}`).join('\n');
      const packed = gzipSync(`{}\n${text}`);
      if (packed.length >= atLeast) return packed;
    }
  }

  it('is left where it is beside a small value, and copied from beside a larger one', async () => {
    expect(await keyOf(packedOf(100))).toEqual({ key: Buffer.from('key'), isShared: true });
    expect(await keyOf(packedOf(4200))).toEqual({ key: Buffer.from('key'), isShared: false });
  });

  it('is none where the record has none', async () => {
    const record = { ...recordOf(packedOf(4200), GZIP), key: null };
    const [piece] = await decodeAll(record);
    expect(piece?.envelope).toEqual({ key: null, headers: GZIP });
  });
});
