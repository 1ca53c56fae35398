import { expect, it } from 'vitest';
import type { InsideCluster } from '../../../../src/kafka/client/kafkajs-inside.ts';
import { EARLIEST, listOffsets } from '../../../../src/kafka/offsets/list-offsets.ts';

interface Asked {
  readonly topics: readonly { readonly partitions: readonly { readonly partition: number }[] }[];
}
type Leader = (partitions: number[]) => Promise<readonly [partition: number, offset: string][]>;

/** @param leaders by node id, each with the partitions that it leads. */
function ask(leaders: Readonly<Record<string, { readonly leads: number[]; readonly answer: Leader }>>) {
  const cluster = {
    findLeaderForPartitions: () =>
      Object.fromEntries(Object.entries(leaders).map(([id, { leads }]) => [id, leads])),
    findBroker: ({ nodeId }: { nodeId: string }) =>
      Promise.resolve({
        listOffsets: async ({ topics }: Asked) => {
          const asked = topics[0]!.partitions.map(({ partition }) => partition);
          const rows = await leaders[nodeId]!.answer(asked);
          return { responses: [{ partitions: rows.map(([partition, offset]) => ({ partition, offset })) }] };
        },
      }),
  } as unknown as InsideCluster;
  return listOffsets(cluster, { topic: 't', partitions: [], timestamp: EARLIEST, withinMs: 50 });
}

const refusal = (type: string): Error => Object.assign(new Error(type), { type });
const answers: Leader = async (partitions) =>
  partitions.map((partition) => [partition, String(partition * 10)]);

it('each leader answers for its partitions; nobody for those without one', async () => {
  const found = await ask({
    1: { leads: [0, 3], answer: answers },
    2: { leads: [1], answer: answers },
    '-1': { leads: [2], answer: () => Promise.reject(new Error('not to be asked')) },
  });
  expect(Object.fromEntries(found)).toEqual({ 0: '0', 1: '10', 3: '30' });
});

it('one that is not reached, or says nothing, is left out', async () => {
  const found = await ask({
    1: { leads: [0], answer: answers },
    2: { leads: [1], answer: () => Promise.reject(new Error('refused')) },
    3: { leads: [2], answer: () => new Promise(() => undefined) },
  });
  expect([...found.keys()]).toEqual([0]);
});

it('a partition that its leader refuses is left out, the leader’s others are not', async () => {
  const answer: Leader = (partitions) =>
    partitions.includes(1) ? Promise.reject(refusal('NOT_LEADER_FOR_PARTITION')) : answers(partitions);
  const found = await ask({ 1: { leads: [0, 1, 2], answer } });
  expect([...found.keys()].toSorted()).toEqual([0, 2]);
});

it('a right that is missing is thrown', async () => {
  const answer: Leader = () => Promise.reject(refusal('TOPIC_AUTHORIZATION_FAILED'));
  await expect(ask({ 1: { leads: [0, 1], answer } })).rejects.toMatchObject({
    type: 'TOPIC_AUTHORIZATION_FAILED',
  });
});
