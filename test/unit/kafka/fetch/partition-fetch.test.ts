import type { Broker } from 'kafkajs';
import { beforeEach, describe, expect, test } from 'vitest';
import type { InsideCluster } from '../../../../src/kafka/client/kafkajs-inside.ts';
import { withOwnAnswers } from '../../../../src/kafka/client/own-answers.ts';
import { createPartitionFetch } from '../../../../src/kafka/fetch/partition-fetch.ts';
import { writeBatch, writeFetchAnswer, type WrittenPart } from '../../../support/kafka/record-batches.ts';
import { silentLogger } from '../../../support/silent-logger.ts';
import { createSteppedClock } from '../../../support/stepped-clock.ts';

const OFFSET_OUT_OF_RANGE = 1;
const NOT_LEADER = 6;
const TOPIC_AUTHORIZATION_FAILED = 29;

let answer: (asked: number[]) => WrittenPart[];
let version: number;
let asked: number[][];
let pool: { metadataExpireAt: number };
let gone: [partition: number, offset: number][];
let ends: Map<number, unknown>;
let clock: ReturnType<typeof createSteppedClock>;

/** Comes to its answers as kafkajs's does. */
const prototype = {
  async fetch(
    this: { lookupRequest: (key: number, definitions: object) => (...args: unknown[]) => Exchange },
    request: Request,
  ) {
    const { response } = this.lookupRequest(1, {})(request);
    const partitions = request.topics.flatMap((topic) => topic.partitions.map(({ partition }) => partition));
    asked.push(partitions);
    return response.parse(await response.decode(writeFetchAnswer(version, 'events', answer(partitions))));
  },
};
interface Exchange {
  readonly request: object;
  readonly response: { decode(bytes: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
}
interface Request {
  readonly topics: readonly { readonly partitions: readonly { readonly partition: number }[] }[];
}

const refused = () => Promise.reject(new Error('kafkajs’s own reading is not to be asked'));

async function open() {
  const broker = Object.create(prototype, {
    lookupRequest: {
      value: () => () => ({
        request: { apiName: 'Fetch', apiVersion: version },
        response: { decode: refused, parse: refused },
      }),
    },
  }) as Broker;
  const cluster = {
    findBroker: () => Promise.resolve(broker),
    brokerPool: pool,
  } as unknown as InsideCluster;
  const fetching = createPartitionFetch({
    ...{ topic: 'events', clock, nowMs: clock.now, logger: silentLogger },
    onEnds: (partition, { highWatermark, lastStableOffset }) => {
      ends.set(partition, { highWatermark, lastStableOffset });
    },
    onOutOfRange: (partition, offset) => void gone.push([partition, offset]),
  });
  fetching.attach(cluster);
  const found = await cluster.findBroker({ nodeId: '1' });
  const fetch = async (partitions = [0, 1]): Promise<Record<string, string[]>> => {
    const rows = partitions.map((partition) => ({ partition, fetchOffset: '5', maxBytes: 1 }));
    const answered = (await found.fetch({
      maxWaitTime: 100,
      topics: [{ topic: 'events', partitions: rows }],
    })) as {
      responses: { partitions: { partition: number; messages: { offset: string }[] }[] }[];
    };
    const parts = answered.responses.flatMap((one) => one.partitions);
    return Object.fromEntries(
      parts.map(({ partition, messages }) => [partition, messages.map(({ offset }) => offset)]),
    );
  };
  return { fetching, fetch };
}

const records = writeBatch({
  firstOffset: 5,
  lastOffset: 5,
  records: [{ offset: 5, value: Buffer.from('x') }],
});
const well = (partition: number): WrittenPart => ({
  partition,
  highWatermark: 9,
  lastStableOffset: 7,
  records,
});
const withFaultAt = (faulty: WrittenPart) => (partitions: number[]) =>
  partitions.map((partition) => (partition === faulty.partition ? faulty : well(partition)));

beforeEach(() => {
  version = 11;
  asked = [];
  gone = [];
  pool = { metadataExpireAt: Infinity };
  ends = new Map();
  clock = createSteppedClock();
});

test.each([4, 5, 7, 8, 11])('reads the answers of version %i', async (one) => {
  version = one;
  answer = (partitions) => partitions.map(well);
  const { fetch } = await open();
  expect(await fetch()).toEqual({ 0: ['5'], 1: ['5'] });
  expect(ends.get(1)).toEqual({ highWatermark: 9, lastStableOffset: 7 });
});

describe('what is wrong with one partition', () => {
  test('concerns that partition: a leader that moved is looked for, nothing else', async () => {
    answer = withFaultAt({ partition: 0, errorCode: NOT_LEADER });
    const { fetch, fetching } = await open();
    expect(await fetch()).toEqual({ 1: ['5'] });
    expect(pool.metadataExpireAt).toBeLessThanOrEqual(Date.now() + 100);
    expect(await fetch()).toEqual({ 1: ['5'] });
    expect(asked).toEqual([[0, 1], [1]]);
    answer = (partitions) => partitions.map(well);
    await clock.advance(100);
    expect(await fetch()).toEqual({ 0: ['5'], 1: ['5'] });
    await clock.advance(10_000);
    expect(fetching.faults()).toEqual([]);
  });

  test('is tried again after pauses that grow, and named once it lasts', async () => {
    answer = withFaultAt({ partition: 1, errorCode: TOPIC_AUTHORIZATION_FAILED });
    const { fetch, fetching } = await open();
    const began = clock.now();
    const tries: number[] = [];
    while (clock.now() - began < 100_000) {
      await fetch();
      if (asked.at(-1)?.includes(1) === true) tries.push((clock.now() - began) / 1000);
      await clock.advance(1000);
    }
    expect(tries).toEqual([0, 1, 3, 7, 15, 31, 61, 91]);
    expect(fetching.faults()).toEqual([
      { partition: 1, reason: 'TOPIC_AUTHORIZATION_FAILED', sinceMs: began },
    ]);
    expect(pool.metadataExpireAt).toBe(Infinity);
    fetching.forget();
    expect(fetching.faults()).toEqual([]);
  });

  test('an offset that the log does not have is told with the offset', async () => {
    answer = withFaultAt({ partition: 1, errorCode: OFFSET_OUT_OF_RANGE });
    const { fetch } = await open();
    expect(await fetch()).toEqual({ 0: ['5'] });
    expect(gone).toEqual([[1, 5]]);
  });

  test('a batch that can not be read is named', async () => {
    const broken = Buffer.from(records);
    broken.writeUInt8(0, broken.length - 2);
    answer = withFaultAt({ partition: 0, highWatermark: 9, records: broken });
    const { fetch, fetching } = await open();
    expect(await fetch()).toEqual({ 1: ['5'] });
    await clock.advance(5000);
    expect(fetching.faults()[0]?.reason).toMatch(/record batch at offset 5 .*checksum/);
  });

  test('where it is all of a broker’s partitions, the broker is not asked meanwhile', async () => {
    answer = () => [{ partition: 0, errorCode: NOT_LEADER }];
    const { fetch } = await open();
    await fetch([0]);
    const again = fetch([0]);
    await clock.advance(100);
    expect(await again).toEqual({});
    expect(asked).toEqual([[0]]);
  });
});

test('a kafkajs that comes to its answers in another way is refused', () => {
  expect(() => withOwnAnswers({} as Broker, (exchange) => exchange)).toThrow('elsewhere than it did');
});

test('partitions that leave the others no room have them read first the next time', async () => {
  const large = writeBatch({
    firstOffset: 5,
    lastOffset: 5,
    records: [{ offset: 5, value: Buffer.alloc(20 * 1024 * 1024) }],
    codec: 1,
  });
  answer = (partitions) => partitions.map((partition) => ({ ...well(partition), records: large }));
  const { fetch } = await open();
  expect(await fetch()).toEqual({ 0: ['5'] });
  expect(await fetch()).toEqual({ 1: ['5'] });
  expect(await fetch()).toEqual({ 0: ['5'] });
});
