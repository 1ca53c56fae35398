/** Records that wait keep their own bytes in memory, and nothing of the fetch's answer they came in. */
import { setImmediate as turn } from 'node:timers/promises';
import type { KafkaMessage } from 'kafkajs';
import { expect, it } from 'vitest';
import { createRecordChunk, type RecordChunk } from '../../../../src/stream/buffer/record-chunk.ts';
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
