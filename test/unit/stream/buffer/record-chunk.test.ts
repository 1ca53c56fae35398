/** Records that wait keep their own bytes in memory, and nothing of the fetch's answer they came in. */
import { setImmediate as turn } from 'node:timers/promises';
import type { KafkaMessage } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import {
  createRecordChunk,
  type FetchedRecord,
  type RecordChunk,
} from '../../../../src/stream/buffer/record-chunk.ts';
import { collectGarbage } from '../../../support/pods/collect-garbage.ts';

const ANSWER_BYTES = 1024 * 1024;
const RECORDS = 100;

/** Each record 40 bytes: the key is its number, and so is the value, twice. */
function fetched(records: number): {
  readonly chunk: RecordChunk;
  readonly answer: WeakRef<ArrayBufferLike>;
} {
  const answer = Buffer.from(new ArrayBuffer(ANSWER_BYTES));
  const messages = Array.from({ length: records }, (_, index): KafkaMessage => {
    const at = index * 40;
    answer.write(String(index).padEnd(10), at);
    answer.write(String(index).padEnd(10).repeat(2), at + 20);
    return {
      key: answer.subarray(at, at + 10),
      value: answer.subarray(at + 20, at + 40),
      offset: String(index),
      timestamp: '0',
      attributes: 0,
      headers: {},
    };
  });
  return {
    chunk: createRecordChunk({ topic: 't', partition: 0 }, messages),
    answer: new WeakRef(answer.buffer),
  };
}

it('lets go of the answer while its records still wait', async () => {
  const { chunk, answer } = fetched(RECORDS);
  // What a WeakRef was made of lives to the end of the turn.
  await turn();
  collectGarbage();
  expect(answer.deref()).toBeUndefined();
  expect(chunk.recordAt(7).value?.toString()).toBe('7         7         ');
});

it('gives records that outlive the memory they waited in', () => {
  const { chunk } = fetched(RECORDS);
  const records = Array.from({ length: RECORDS }, (_, index) => chunk.recordAt(index));
  chunk.release();
  for (const [index, { key, value }] of records.entries()) {
    expect(key?.toString().trim()).toBe(String(index));
    expect(value?.toString()).toBe(String(index).padEnd(10).repeat(2));
  }
});

it('tells of each record when it was written, where its producer says so', () => {
  const messages = ['1700000000005', '-1'].map((timestamp, at): FetchedRecord => ({
    ...{ key: null, value: Buffer.from('v'), offset: String(at), timestamp },
  }));
  const chunk = createRecordChunk({ topic: 't', partition: 0 }, messages);
  const written = [0, 1].map((index) => chunk.recordAt(index).writtenAtMs);
  expect(written).toEqual([1_700_000_000_005, undefined]);
  expect([0, 1].map((index) => chunk.writtenAt(index))).toEqual([1_700_000_000_005, Infinity]);
});

it('leaves a record that is most of its answer where it is', () => {
  const answer = Buffer.from(new ArrayBuffer(ANSWER_BYTES)).fill('x');
  const message = {
    key: null,
    value: answer.subarray(100),
    offset: '1',
    timestamp: '0',
    attributes: 0,
    headers: {},
  };
  const chunk = createRecordChunk({ topic: 't', partition: 0 }, [message]);
  const { value } = chunk.recordAt(0);
  expect(value?.buffer).toBe(answer.buffer);
  chunk.release();
  expect(value?.length).toBe(ANSWER_BYTES - 100);
});

/** One chunk of records that differ from an ordinary one by what is given. */
function chunkOf(...given: readonly Partial<FetchedRecord>[]): RecordChunk {
  const messages = given.map((one, index): FetchedRecord => {
    const answer = Buffer.from(new ArrayBuffer(ANSWER_BYTES));
    answer.write('key then value');
    return {
      ...{ key: answer.subarray(0, 3), value: answer.subarray(9, 14) },
      ...{ offset: String(index), timestamp: '1000', headers: {} },
      ...one,
    };
  });
  return createRecordChunk({ topic: 't', partition: 3 }, messages);
}

describe('a record that waits', () => {
  it('says where it is from, and is as it came', () => {
    const chunk = chunkOf({ offset: '41' }, { offset: '9007199254740991' });
    expect(chunk.length).toBe(2);
    expect([chunk.offsetAt(0), chunk.offsetAt(1)]).toEqual([41, Number.MAX_SAFE_INTEGER]);
    expect(chunk.recordAt(1)).toEqual({
      ...{ topic: 't', partition: 3, offset: '9007199254740991', headers: {} },
      ...{ key: Buffer.from('key'), value: Buffer.from('value'), writtenAtMs: 1000 },
    });
  });

  it.each<[string, readonly Partial<FetchedRecord>[], number]>([
    ['before the next of its batch', [{ timestamp: '7000' }, { timestamp: '5' }], 7000],
    ['in 1970', [{ timestamp: '0' }], 0],
    ['at no known time', [{ timestamp: '-1' }], Infinity],
    ['at no time, as there is none', [], Infinity],
  ])('was written %s', (_name, given, timestampMs) => {
    expect(chunkOf(...given).writtenAt(0)).toBe(timestampMs);
  });

  it('counts for its key, its value, its headers and a little more', () => {
    const overhead = 128;
    const sizes = [
      {},
      { key: null },
      { value: null },
      { headers: { ab: Buffer.from('123'), c: 'text' } },
      { headers: { ab: [Buffer.from('1'), '23'] } },
      { headers: { abc: undefined } },
    ];
    const chunk = chunkOf(...sizes);
    expect(sizes.map((_, index) => chunk.bytesAt(index) - overhead)).toEqual([
      3 + 5,
      5,
      3,
      3 + 5 + (2 + 3) + (1 + 4),
      3 + 5 + (2 + 1) + (2 + 2),
      3 + 5 + 3,
    ]);
  });

  const memory = Buffer.from(new ArrayBuffer(ANSWER_BYTES)).fill('x');
  const text = (from: number, by: string): Buffer => {
    memory.write(by, from);
    return memory.subarray(from, from + by.length);
  };
  it.each<[string, string | null, string | null, Pick<FetchedRecord, 'key' | 'value'>]>([
    ['no key', null, 'value', { key: null, value: text(100, 'value') }],
    ['no value', 'key', null, { key: text(200, 'key'), value: null }],
    ['neither', null, null, { key: null, value: null }],
    ['an empty key', '', 'value', { key: memory.subarray(300, 300), value: text(300, 'value') }],
    ['an empty value', 'key', '', { key: text(400, 'key'), value: memory.subarray(403, 403) }],
    ['both empty', '', '', { key: Buffer.alloc(0), value: Buffer.alloc(0) }],
    ['its key far from its value', 'far', 'value', { key: text(500, 'far'), value: text(9000, 'value') }],
    ['its key behind its value', 'key', 'value', { key: text(700, 'key'), value: text(600, 'value') }],
    ['its key in other memory', 'key', 'value', { key: Buffer.from('key'), value: text(800, 'value') }],
  ])('with %s keeps both as they are', (_name, key, value, given) => {
    for (const [chunk, index] of [
      [chunkOf(given), 0],
      [chunkOf({}, given, {}), 1],
    ] as const) {
      const record = chunk.recordAt(index);
      expect([record.key?.toString() ?? null, record.value?.toString() ?? null]).toEqual([key, value]);
    }
  });

  it('keeps both as they are, also where they lie among those of another, the key behind the value', () => {
    const around = { key: text(1000, 'key'), value: text(1050, 'value') };
    const among = { key: text(1030, 'late'), value: text(1010, 'early') };
    const { key, value } = chunkOf(around, among).recordAt(1);
    expect([key?.toString(), value?.toString()]).toEqual(['late', 'early']);
  });

  it('takes the bytes of key and value along in one piece, and no others', () => {
    const { key, value } = chunkOf({}, {}, {}).recordAt(1);
    expect(value?.buffer).toBe(key?.buffer);
    expect((value?.byteOffset ?? 0) - (key?.byteOffset ?? 0)).toBe('key then '.length);
    expect(value?.buffer.byteLength).toBeLessThanOrEqual(4096);
  });

  it('has headers of any name, once or several times, with a value or without, as bytes of its own', () => {
    const bytes = Buffer.from('bytes');
    const headers = JSON.parse('{"__proto__":"mine"}') as Record<string, string>;
    const several = ['text', bytes, undefined] as string[];
    const chunk = chunkOf(
      { headers: { ...headers, bytes, several, none: null as unknown as undefined } },
      {},
    );
    bytes.fill('x');
    const kept = chunk.recordAt(0).headers;
    expect(Object.entries(kept)).toEqual([
      ['__proto__', 'mine'],
      ['bytes', Buffer.from('bytes')],
      ['several', ['text', Buffer.from('bytes'), Buffer.alloc(0)]],
      ['none', undefined],
    ]);
    expect(chunk.recordAt(1).headers).toEqual({});
  });

  it('is kept by the chunk alone: the client’s message lets go of it', () => {
    const headers = { a: 'b' };
    const message = { key: Buffer.from('k'), value: Buffer.from('v'), offset: '1', timestamp: '0', headers };
    const chunk = createRecordChunk({ topic: 't', partition: 3 }, [message]);
    expect(message).toEqual({ key: null, value: null, offset: '1', timestamp: '0', headers: {} });
    expect(chunk.recordAt(0)).toMatchObject({ headers: { a: 'b' } });
  });
});

it('frees the memory of records that nobody has asked for, or that have memory of their own', () => {
  const { chunk } = fetched(RECORDS);
  const taken = chunk.recordAt(7);
  chunk.release();
  expect(() => chunk.recordAt(8)).toThrow('detached');
  expect(taken.value?.toString()).toBe('7         7         ');
});
