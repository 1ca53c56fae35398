/** Metadata as brokers send it, in each version that kafkajs asks for, read by kafkajs's own decoder. */
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import type { ConnectionPool, ProtocolRequest } from '../../../../src/kafka/client/kafkajs-inside.ts';
import { readLeaderless } from '../../../../src/kafka/client/leaderless-metadata.ts';

const require = createRequire(import.meta.url);
const Encoder = require('kafkajs/src/protocol/encoder.js') as new () => FrameEncoder;
const { protocol } = require('kafkajs/src/protocol/requests/metadata/index.js') as {
  protocol: (of: { version: number }) => (of: { topics: string[] }) => MetadataRequest;
};

interface FrameEncoder {
  readonly buffer: Buffer;
  writeInt16(value: number): FrameEncoder;
  writeInt32(value: number): FrameEncoder;
  writeString(value: string | null): FrameEncoder;
  writeBoolean(value: boolean): FrameEncoder;
  writeArray(values: unknown[], type?: string): FrameEncoder;
}
interface MetadataRequest extends ProtocolRequest {
  readonly response: ProtocolRequest['response'] & { readonly decode: (frame: Buffer) => Promise<unknown> };
}
interface Topic {
  readonly name: string;
  readonly error?: number;
  readonly partitions: readonly { readonly id: number; readonly error: number; readonly leader: number }[];
}

const LEADER_NOT_AVAILABLE = 5;
const REPLICA_NOT_AVAILABLE = 9;

function frameOf(version: number, topics: readonly Topic[]): Buffer {
  const ids = (values: number[]) => values.map((value) => new Encoder().writeInt32(value));
  const brokers = [1, 2].map((id) => {
    const broker = new Encoder()
      .writeInt32(id)
      .writeString('localhost')
      .writeInt32(9092 + id);
    return version >= 1 ? broker.writeString(null) : broker;
  });
  const encoded = topics.map(({ name, error = 0, partitions }) => {
    const topic = new Encoder().writeInt16(error).writeString(name);
    if (version >= 1) topic.writeBoolean(false);
    return topic.writeArray(
      partitions.map((partition) => {
        const one = new Encoder().writeInt16(partition.error).writeInt32(partition.id);
        one
          .writeInt32(partition.leader)
          .writeArray(ids([1, 2]))
          .writeArray(ids([1]));
        return version >= 5 ? one.writeArray(ids([2])) : one;
      }),
    );
  });
  const frame = new Encoder();
  if (version >= 3) frame.writeInt32(0);
  frame.writeArray(brokers);
  if (version >= 2) frame.writeString('cluster');
  if (version >= 1) frame.writeInt32(1);
  return frame.writeArray(encoded).buffer;
}

async function read(version: number, topics: readonly Topic[]): Promise<unknown> {
  const frame = frameOf(version, topics);
  const send = async ({ response }: MetadataRequest): Promise<unknown> =>
    response.parse(await response.decode(frame));
  const pool = { send } as unknown as ConnectionPool;
  readLeaderless(pool);
  return pool.send(protocol({ version })({ topics: [] }));
}

const leadersIn = (answer: unknown): number[][] =>
  (answer as { topicMetadata: { partitionMetadata: { leader: number }[] }[] }).topicMetadata.map((topic) =>
    topic.partitionMetadata.map(({ leader }) => leader),
  );

it.each([0, 1, 2, 3, 4, 5, 6])(
  'version %i: a partition without a leader has none, the others theirs',
  async (version) => {
    const answer = await read(version, [
      { name: 'unrelated', partitions: [{ id: 0, error: LEADER_NOT_AVAILABLE, leader: -1 }] },
      {
        name: 'ours',
        partitions: [
          { id: 0, error: 0, leader: 1 },
          { id: 1, error: LEADER_NOT_AVAILABLE, leader: 2 },
          { id: 2, error: REPLICA_NOT_AVAILABLE, leader: 2 },
        ],
      },
    ]);
    expect(leadersIn(answer)).toEqual([[-1], [1, -1, 2]]);
  },
);

it.each([
  [3, 'UNKNOWN_TOPIC_OR_PARTITION'],
  [29, 'TOPIC_AUTHORIZATION_FAILED'],
])('a topic’s own error %i is thrown as before', async (error, type) => {
  await expect(read(6, [{ name: 'ours', error, partitions: [] }])).rejects.toMatchObject({ type });
});
