import type { Batch, KafkaMessage } from 'kafkajs';
import { expect, test } from 'vitest';
import { fetchedOffset, isOfLane, nextOffset, toEntries } from '../../../../src/kafka/fetch/batch-entries.ts';
import { encodeIncompleteOffsets } from '../../../../src/stream/partition/incomplete-offsets.ts';
import { NOTHING_DECIDED } from '../../../../src/stream/partition/progress.ts';
import {
  decodeOffsetMetadata,
  bytesForIncompleteOffsets,
  encodeOffsetMetadata,
} from '../../../../src/kafka/offsets/offset-metadata.ts';
import { findStart } from '../../../../src/kafka/offsets/start-positions.ts';

const all = { lane: 'all', thresholdBytes: 10 } as const;

function message(offset: number, changes: object = {}): KafkaMessage {
  return {
    ...{ key: Buffer.from('k'), value: Buffer.from('value'), timestamp: '0', attributes: 0, headers: {} },
    ...{ offset: String(offset), ...changes },
  };
}

function batch(messages: KafkaMessage[], lastOffset: number, changes: object = {}): Batch {
  return {
    ...{ topic: 't', partition: 0, highWatermark: '100', messages, lastOffset: () => String(lastOffset) },
    ...{ isEmpty: () => false, firstOffset: () => null, offsetLag: () => '0', offsetLagLow: () => '0' },
    ...changes,
  };
}

test('the next batch begins after the last record, or what stands behind it for offsets without one', () => {
  expect(nextOffset(batch([message(7)], 7))).toBe(8);
  expect(nextOffset(batch([message(7)], 9))).toBe(10);
});

test('records are copied out of the fetch’s answer', async () => {
  const answer = Buffer.from('key value header');
  const headers = { h: answer.subarray(10), twice: [answer.subarray(0, 1), null], bare: null };
  const changes = { key: answer.subarray(0, 3), value: answer.subarray(4, 9), headers };
  const [entry, end] = await toEntries(batch([message(3, changes)], 3), all);
  answer.fill('x');
  const chunk = entry?.kind === 'records' ? entry.chunk : undefined;
  expect([chunk?.length, chunk?.offsetAt(0)]).toEqual([1, 3]);
  expect(chunk?.recordAt(0)).toEqual({
    ...{ topic: 't', partition: 0, offset: '3', key: Buffer.from('key'), value: Buffer.from('value') },
    headers: { h: Buffer.from('header'), twice: [Buffer.from('k'), Buffer.alloc(0)], bare: undefined },
    writtenAtMs: 0,
  });
  expect(end).toEqual({ kind: 'skip', next: 4, passedOver: 0 });
});

test('a header may be named like a member of every object', async () => {
  const names = ['constructor', '__proto__', 'toString'];
  const value = Buffer.from('v');
  const given = Object.create(null) as Record<string, unknown>;
  for (const name of names) given[name] = name === 'toString' ? [value, value] : value;
  const [entry] = await toEntries(batch([message(0, { headers: given })], 0), all);
  const chunk = entry?.kind === 'records' ? entry.chunk : undefined;
  expect(Object.entries(chunk?.recordAt(0).headers ?? {})).toEqual([
    ['constructor', value],
    ['__proto__', value],
    ['toString', [value, value]],
  ]);
});

test('records come out as they went in, whatever lies between them', async () => {
  const answer = Buffer.alloc(20_000, 'x');
  const messages = [0, 10, 4000, 4010, 9000].map((at, offset) => {
    answer.write(`k${String(offset)}v${String(offset)}`, at);
    const value = offset === 3 ? null : answer.subarray(at + 2, at + 4);
    return message(offset, { key: answer.subarray(at, at + 2), value });
  });
  messages.push(message(5, { key: null, value: Buffer.alloc(0) }));
  const [entry] = await toEntries(batch(messages, 5), all);
  answer.fill('y');
  const chunk = entry?.kind === 'records' ? entry.chunk : undefined;
  const read = Array.from({ length: chunk?.length ?? 0 }, (_, index) => chunk?.recordAt(index));
  expect(read.map((record) => [record?.key?.toString(), record?.value?.toString()])).toEqual([
    ...[0, 1, 2].map((n) => [`k${String(n)}`, `v${String(n)}`]),
    ['k3', undefined],
    ['k4', 'v4'],
    [undefined, ''],
  ]);
});

test('at the threshold is large, nothing is small', () => {
  const ten = Buffer.alloc(10);
  expect(isOfLane({ lane: 'large', thresholdBytes: 10 }, ten)).toBe(true);
  expect(isOfLane({ lane: 'small', thresholdBytes: 10 }, ten)).toBe(false);
  expect(isOfLane({ lane: 'small', thresholdBytes: 10 }, ten.subarray(1))).toBe(true);
  expect(isOfLane({ lane: 'small', thresholdBytes: 10 }, null)).toBe(true);
  expect(isOfLane(all, ten)).toBe(true);
});

test('records of the other lane become one stretch each', async () => {
  const large = { value: Buffer.alloc(50) };
  const messages = [message(1, large), message(2, large), message(3), message(4, large)];
  const entries = await toEntries(batch(messages, 4), { lane: 'small', thresholdBytes: 10 });
  expect(
    entries.map((entry) =>
      entry.kind === 'skip' ? [entry.next, entry.passedOver] : entry.chunk.offsetAt(0),
    ),
  ).toEqual([[3, 2], 3, [5, 1], [5, 0]]);
});

test('a client that no longer tells where its fetch began is an error, not a guess', () => {
  expect(fetchedOffset(batch([], 0, { fetchedOffset: '12' }))).toBe(12);
  expect(() => fetchedOffset(batch([], 0))).toThrow('fetchedOffset');
});

test('where reading begins', () => {
  const range = { low: 10, high: 20 };
  const entry = (offset: number | 'none' | 'reset') => ({ offset, metadata: '' });
  expect(findStart(undefined, range)).toMatchObject({ offset: 10, committed: undefined, lost: undefined });
  expect(findStart(entry('none'), range)).toMatchObject({
    offset: 10,
    committed: undefined,
    lost: undefined,
  });
  expect(findStart(entry(15), range)).toMatchObject({ offset: 15, committed: 15, lost: undefined });
  expect(findStart(entry(20), range)).toMatchObject({ offset: 20, committed: 20, lost: undefined });
  for (const [gone, offsets] of [
    [9, 1],
    [3, 7],
    ['reset', undefined],
  ] as const) {
    expect(findStart(entry(gone), range)).toMatchObject({
      ...{ offset: 10, committed: undefined, lost: { range, offsets }, reset: undefined },
    });
  }
  expect(findStart(entry(21), range)).toMatchObject({
    ...{
      offset: 10,
      committed: undefined,
      lost: undefined,
      reset: { reason: 'cut_off', committed: 21, range },
    },
  });
});

test('a position of another topic says nothing of this one, also where it is in the log', () => {
  const range = { low: 10, high: 20 };
  const [before, now] = ['b'.repeat(22), 'n'.repeat(22)];
  const incomplete = encodeIncompleteOffsets({ from: 15, until: 18, undecided: [[15, NOTHING_DECIDED]] });
  const entry = { offset: 15, metadata: encodeOffsetMetadata({ topicId: before, incomplete }, 4096) };
  expect(findStart(entry, range, now)).toMatchObject({
    ...{ offset: 10, committed: undefined, inherited: undefined, lost: undefined },
    reset: { reason: 'remade', committed: 15, range },
  });
  for (const same of [before, undefined]) {
    expect(findStart(entry, range, same)).toMatchObject({
      ...{ offset: 15, committed: 15, inherited: { until: 18 }, reset: undefined },
    });
  }
  // Of pods before, or of brokers that keep no text.
  expect(findStart({ offset: 15, metadata: '' }, range, now)).toMatchObject({ offset: 15, reset: undefined });
  expect(findStart({ offset: 15, metadata: incomplete }, range, now)).toMatchObject({
    inherited: { until: 18 },
  });
});

test('the text beside an offset holds the topic’s id where there is room, and the incomplete offsets go first', () => {
  const topicId = 'i'.repeat(22);
  for (const most of [4096, 100, 40, 31, 30, 10, 0]) {
    const undecided = Array.from({ length: 50 }, (_, n) => [15 + 3 * n, NOTHING_DECIDED] as const);
    const incomplete = encodeIncompleteOffsets(
      { from: 15, until: 200, undecided },
      bytesForIncompleteOffsets(topicId, most),
    );
    const text = encodeOffsetMetadata({ topicId, incomplete }, most);
    expect(text.length).toBeLessThanOrEqual(most);
    expect(decodeOffsetMetadata(text)).toEqual({ topicId: most >= 31 ? topicId : undefined, incomplete });
  }
  expect(encodeOffsetMetadata({ topicId: undefined, incomplete: 'n' }, 4096)).toBe('n');
});

test('only what the pod before has not decided counts as lost, and what it decided beyond stays so', () => {
  const range = { low: 10, high: 20 };
  const startTo = (until: number, undecided: number[]) => {
    const incomplete = encodeIncompleteOffsets({
      from: 5,
      until,
      undecided: undecided.map((one) => [one, NOTHING_DECIDED]),
    });
    return findStart({ offset: 5, metadata: incomplete }, range);
  };
  expect(startTo(15, [5, 7, 12])).toMatchObject({ offset: 10, lost: { offsets: 2 } });
  expect([...(startTo(15, [5, 7, 12]).inherited?.undecided.keys() ?? [])]).toEqual([5, 7, 12]);
  expect(startTo(8, [5])).toMatchObject({ lost: { offsets: 3 } });
  expect(startTo(15, [12])).toMatchObject({ offset: 10, lost: undefined });
});

test('what a record was given stays when its chunk’s memory is given back', async () => {
  const answer = Buffer.alloc(100_000, 'a');
  const small = [0, 1].map((offset) =>
    message(offset, { key: null, value: answer.subarray(10 * offset, 10 * offset + 10) }),
  );
  const [entry] = await toEntries(batch(small, 1), all);
  const chunk = entry?.kind === 'records' ? entry.chunk : undefined;
  const first = chunk?.recordAt(0).value;
  chunk?.release();
  expect(first?.toString()).toBe('a'.repeat(10));
});

test('a record that is most of its memory keeps it', async () => {
  const value = Buffer.alloc(100_000, 'b');
  const [entry] = await toEntries(batch([message(0, { key: null, value })], 0), all);
  const chunk = entry?.kind === 'records' ? entry.chunk : undefined;
  const record = chunk?.recordAt(0).value;
  chunk?.release();
  expect(record?.length).toBe(100_000);
});

test('kafkajs’s messages hold nothing of the fetch’s answer any more, ours or not', async () => {
  const messages = [message(0), message(1, { value: Buffer.alloc(20), headers: { h: Buffer.from('x') } })];
  await toEntries(batch(messages, 1), { lane: 'small', thresholdBytes: 10 });
  expect(messages.map(({ key, value, headers }) => [key, value, headers])).toEqual([
    [null, null, {}],
    [null, null, {}],
  ]);
});
