/** Byte for byte as Kafka's protocol has OffsetFetch, version 7: what is asked, and what is made of the answer. */
import { expect, it } from 'vitest';
import type { ConnectionPool } from '../../../../src/kafka/client/kafkajs-inside.ts';
import { knowsStableOffsets, readStableOffsets } from '../../../../src/kafka/offsets/stable-offsets.ts';

/** What kafkajs is handed, as far as it is looked at here. */
interface Asked {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    encode(): Promise<{ readonly buffer: Buffer }>;
  };
  readonly response: { decode(answer: Buffer): Promise<unknown>; parse(data: unknown): Promise<unknown> };
}

/** A broker that answers with these bytes, behind the header's tags. */
function brokerWith(answer: readonly number[]): {
  readonly connectionPool: ConnectionPool;
  readonly asked: Asked[];
} {
  const asked: Asked[] = [];
  const send = async (question: unknown): Promise<unknown> => {
    const { response } = question as Asked;
    asked.push(question as Asked);
    return response.parse(await response.decode(Buffer.from([0, ...answer])));
  };
  return { connectionPool: { send } as unknown as ConnectionPool, asked };
}

const THROTTLED = [0, 0, 0, 0];
const ONE_TOPIC = [2, 2, 0x74];
const question = { groupId: 'g1', topic: 't', partitions: [0, 258] };

it('asks for stable offsets of these partitions', async () => {
  const { connectionPool, asked } = brokerWith([...THROTTLED, 1, 0, 0, 0]);
  await readStableOffsets(connectionPool, question);
  const [{ request } = {} as Asked] = asked;
  expect([request.apiKey, request.apiVersion]).toEqual([9, 7]);
  const { buffer } = await request.encode();
  expect([...buffer]).toEqual([
    ...[0, 3, 0x67, 0x31],
    // One topic, its name, two partitions, no tags.
    ...[2, 2, 0x74, 3, 0, 0, 0, 0, 0, 0, 1, 2, 0],
    // Stable ones, no tags.
    ...[1, 0],
  ]);
});

it('reads offsets, metadata, and what was never committed', async () => {
  const { connectionPool } = brokerWith([
    ...[...THROTTLED, ...ONE_TOPIC, 3],
    // Partition 0: offset 2^32 + 5, an epoch, metadata "mé", no error, no tags.
    ...[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 9, 4, 0x6d, 0xc3, 0xa9, 0, 0, 0],
    // Partition 258: none, null for metadata, a tag of a later version.
    ...[0, 0, 1, 2, ...Array<number>(8).fill(255), 255, 255, 255, 255, 0, 0, 0, 1, 7, 2, 1, 1],
    ...[0, 0, 0, 0],
  ]);
  expect(await readStableOffsets(connectionPool, question)).toEqual([
    { partition: 0, offset: 2 ** 32 + 5, metadata: 'mé' },
    { partition: 258, offset: -1, metadata: '' },
  ]);
});

it.each([
  ['of the group', [...THROTTLED, 1, 0, 14, 0], 'GROUP_LOAD_IN_PROGRESS'],
  [
    'of a partition',
    [...THROTTLED, ...ONE_TOPIC, 2, 0, 0, 0, 0, ...Array<number>(12).fill(255), 0, 0, 88, 0, 0, 0, 0, 0],
    'UNSTABLE_OFFSET_COMMIT',
  ],
])('a refusal %s has the broker’s name', async (_of, answer, type) => {
  await expect(readStableOffsets(brokerWith(answer).connectionPool, question)).rejects.toMatchObject({
    type,
  });
});

it.each([
  [undefined, false],
  [null, false],
  [{ 9: { minVersion: 1, maxVersion: 6 } }, false],
  [{ 9: { minVersion: 1, maxVersion: 7 } }, true],
])('a broker that knows %j is asked so: %s', (versions, expected) => {
  expect(knowsStableOffsets(versions)).toBe(expected);
});
