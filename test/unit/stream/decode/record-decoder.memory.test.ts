/** What pieces of large and packed records keep in memory, and what is held while they are cut. */
import { setImmediate as turn } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { RecordPiece } from '../../../../src/domain/record.ts';
import { createByteSemaphore } from '../../../../src/runtime/collections/byte-semaphore.ts';
import { decodeRecord } from '../../../../src/stream/decode/record-decoder.ts';
import { collectGarbage } from '../../../support/pods/collect-garbage.ts';
import { decodeAll, MAX_RECORD_BYTES, recordOf } from './raw-record.ts';

const GZIP = { 'content-encoding': 'gzip' };
const MIB = 1024 * 1024;
const small = (n: number): string => JSON.stringify({ userId: `u-${String(n)}` });
const padded = (n: number, bytes: number): string =>
  `{"userId":"u-${String(n)}","pad":"${'x'.repeat(bytes)}"}`;

describe('a small event', () => {
  it.each<[string, Buffer, Record<string, string>]>([
    ['a large record', Buffer.from(`${small(0)}\n${padded(1, MIB)}`), {}],
    ['a packed record', gzipSync(`${small(0)}\n${padded(1, MIB)}`), GZIP],
    ['a small packed record', gzipSync(`[${small(0)},${small(1)}]`), GZIP],
    ['a record of many', Buffer.from(Array.from({ length: 20_000 }, (_, n) => small(n)).join('\n')), {}],
  ])('keeps nothing of %s', async (_name, value, headers) => {
    const own = recordOf(value, headers);
    const [piece] = await decodeAll(own);
    expect(piece?.bytes?.toString()).toBe(small(0));
    expect(piece?.ownBytes).toBe(small(0).length);
    expect(piece?.bytes?.buffer).not.toBe(value.buffer);
    expect(piece?.bytes?.buffer.byteLength).toBeLessThanOrEqual(4096);
  });

  it('keeps neither the record by its key, which lies beside the value', async () => {
    const together = Buffer.concat([Buffer.from('key'), Buffer.from(`${small(0)}\n${padded(1, MIB)}`)]);
    const record = { ...recordOf(together.subarray(3)), key: together.subarray(0, 3) };
    const memory = new WeakRef(together.buffer);
    const [piece] = await decodeAll(record);
    expect(piece?.envelope.key?.toString()).toBe('key');
    expect(piece?.envelope.key?.buffer).not.toBe(memory.deref());
  });
});

describe('a large event of a packed record', () => {
  const text = `${small(0)}\n${padded(1, MIB)}\n${small(2)}`;

  it('is cut again when its bytes are asked for', async () => {
    const semaphore = createByteSemaphore({ capacityBytes: 4 * MIB });
    const pieces: RecordPiece[] = [];
    for await (const piece of decodeRecord(recordOf(gzipSync(text), GZIP), {
      maxRecordBytes: 8 * MIB,
      unpackSemaphore: semaphore,
    })) {
      pieces.push(piece);
    }
    const [, large] = pieces;
    expect(semaphore.heldBytes()).toBe(0);
    expect(large).toMatchObject({ bytes: null, unpacked: true, ownBytes: undefined });
    expect(large?.content).toEqual({ kind: 'json', value: { userId: 'u-1' } });
    // With what it is cut from, which is unpacked with it.
    expect(large?.roomShare).toBe(Buffer.byteLength(text) / (8 * MIB));
    const lent = await large?.recut?.();
    expect(lent?.bytes.toString()).toBe(padded(1, MIB));
    expect(semaphore.heldBytes()).toBeGreaterThanOrEqual(text.length);
    lent?.release();
    lent?.release();
    expect(semaphore.heldBytes()).toBe(0);
    expect(lent?.bytes.length).toBe(0);
  });

  it('waits for room, also with what it is cut from', async () => {
    const semaphore = createByteSemaphore({ capacityBytes: 2 * MIB });
    const taken = await semaphore.acquire(2 * MIB);
    const iterable = decodeRecord(recordOf(gzipSync(text), GZIP), {
      maxRecordBytes: 8 * MIB,
      unpackSemaphore: semaphore,
    });
    if (Array.isArray(iterable)) throw new Error('at once');
    let pieces = 0;
    const done = (async () => {
      for await (const _ of iterable) pieces += 1;
    })();
    await turn();
    expect(pieces).toBe(0);
    taken.release();
    await done;
    expect(pieces).toBe(3);
    expect(semaphore.heldBytes()).toBe(0);
  });
});

describe('unpacked bytes', () => {
  const lines = Array.from({ length: 5000 }, (_, n) => small(n));
  const packed = gzipSync(lines.join('\n'));

  it('may be taken away between two pieces, whatever is read then', async () => {
    const evictions: (() => void)[] = [];
    const real = createByteSemaphore({ capacityBytes: 4 * MIB });
    const semaphore = {
      ...real,
      acquire: async (bytes: number) => {
        const permit = await real.acquire(bytes);
        return { ...permit, allowEviction: (evict: () => void) => void (evictions[0] = evict) };
      },
    };
    const texts: (string | undefined)[] = [];
    for await (const { bytes, source } of decodeRecord(recordOf(packed, GZIP), {
      maxRecordBytes: MAX_RECORD_BYTES,
      unpackSemaphore: semaphore,
    })) {
      expect(source.index).toBe(texts.length);
      texts.push(bytes?.toString());
      if (texts.length % 1000 === 3) {
        evictions[0]?.();
        expect(real.heldBytes()).toBe(0);
      }
    }
    expect(texts).toEqual(lines);
    expect(real.heldBytes()).toBe(0);
  });

  it('are given back by one who leaves early', async () => {
    const semaphore = createByteSemaphore({ capacityBytes: 4 * MIB });
    for await (const _ of decodeRecord(recordOf(packed, GZIP), {
      maxRecordBytes: MAX_RECORD_BYTES,
      unpackSemaphore: semaphore,
    }))
      break;
    expect(semaphore.heldBytes()).toBe(0);
  });

  it.each([
    ['says too little of its size', Buffer.concat([gzipSync(`[${'1,'.repeat(40_000)}`), gzipSync('1]')])],
    ['cannot be unpacked', Buffer.concat([packed.subarray(0, -20), Buffer.alloc(12, 255)])],
    ['is too large', gzipSync(Buffer.alloc(MAX_RECORD_BYTES + 1, ' '))],
  ])('are given back where the value %s', async (_name, value) => {
    const semaphore = createByteSemaphore({ capacityBytes: MAX_RECORD_BYTES });
    for await (const _ of decodeRecord(recordOf(value, GZIP), {
      maxRecordBytes: MAX_RECORD_BYTES,
      unpackSemaphore: semaphore,
    }));
    expect(semaphore.heldBytes()).toBe(0);
  });
});

describe('what an event says beside its fields', () => {
  it('is let go of where it is much', async () => {
    const deep = '['.repeat(1000) + ']'.repeat(1000);
    const text = `{"userId":"u","locale":{"a":[1,2,3]},"timeZone":${JSON.stringify('z'.repeat(9000))},"more":${deep},"latitude":1.5,"pushConsent":null,"trigger":[1]}`;
    const [piece] = await decodeAll(recordOf(text));
    expect(piece?.content).toEqual({
      kind: 'json',
      value: { userId: 'u', locale: {}, timeZone: {}, latitude: 1.5, pushConsent: null, trigger: [] },
    });
  });
});

it('the packed value is kept by nobody once all pieces are small', async () => {
  async function decode(): Promise<{ pieces: RecordPiece[]; value: WeakRef<ArrayBufferLike> }> {
    // Of its own memory, not one that other buffers share.
    const packed = gzipSync(Array.from({ length: 9000 }, (_, n) => small(n)).join('\n'));
    const own = Buffer.from(new Uint8Array(packed).buffer);
    expect(gunzipSync(own).length).toBeGreaterThan(100_000);
    return { pieces: await decodeAll(recordOf(own, GZIP)), value: new WeakRef(own.buffer) };
  }
  const { pieces, value } = await decode();
  await turn();
  collectGarbage();
  expect(pieces).toHaveLength(9000);
  expect(value.deref()).toBeUndefined();
});
