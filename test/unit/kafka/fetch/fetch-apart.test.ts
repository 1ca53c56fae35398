/** Fetch loops that know nothing of each other's brokers, on a stand-in for kafkajs's cluster. */
import type { Broker } from 'kafkajs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fetchApart } from '../../../../src/kafka/fetch/fetch-apart.ts';
import type { InsideCluster } from '../../../../src/kafka/client/kafkajs-inside.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

type Fetch = (wanted: unknown) => Promise<unknown>;

const NOTHING = { responses: [] };
const wanting = (offsets: Readonly<Record<number, number>>) => ({
  topics: [
    {
      topic: 't',
      partitions: Object.entries(offsets).map(([partition, offset]) => ({
        partition: Number(partition),
        fetchOffset: String(offset),
      })),
    },
  ],
});
const bringing = (...partitions: number[]) => ({
  responses: [{ topicName: 't', partitions: partitions.map((partition) => ({ partition })) }],
});
const failure = (name: string, more: object = {}): Error => Object.assign(new Error(name), { name, ...more });

/** Partition 0 is led by broker 1, 1 by 2, 2 by nobody. */
function clusterOf(brokers: Readonly<Record<string, Fetch>>, find?: () => Promise<never>) {
  const partitionMetadata = [1, 2, -1].map((leader, partitionId) => ({ partitionId, leader }));
  const cluster = {
    brokerPool: {
      metadata: { topicMetadata: [{ topic: 't', partitionMetadata }] },
      metadataExpireAt: Infinity,
    },
    findBroker: ({ nodeId }: { nodeId: string }) =>
      find?.() ?? Promise.resolve({ fetch: brokers[nodeId], nodeId }),
    findGroupCoordinator(this: InsideCluster) {
      return this.findBroker({ nodeId: '2' });
    },
    findLeaderForPartitions: () => ({ '-1': [2] }),
  } as unknown as InsideCluster;
  const faultOf = fetchApart(cluster);
  const fetch = async (nodeId: string, wanted: unknown): Promise<unknown> => {
    const broker: Broker = await cluster.findBroker({ nodeId });
    return broker.fetch(wanted as Parameters<Broker['fetch']>[0]);
  };
  return { cluster, faultOf, fetch };
}

it('an answer in time goes through as it is', async () => {
  const { fetch, faultOf } = clusterOf({ 1: () => Promise.resolve(bringing(0)) });
  expect(await fetch('1', wanting({ 0: 5 }))).toEqual(bringing(0));
  expect(faultOf('t', 0)).toBeUndefined();
  expect(faultOf('t', 2)).toBe('no leader');
  expect(faultOf('other', 0)).toBeUndefined();
});

it('a broker that says nothing lets its loop turn, is asked once, and is named', async () => {
  const answer = Promise.withResolvers<unknown>();
  const asked = vi.fn(() => answer.promise);
  const { fetch, faultOf } = clusterOf({ 2: asked });
  for (let turn = 0; turn < 20; turn += 1) {
    const turned = fetch('2', wanting({ 1: 5 }));
    await vi.advanceTimersByTimeAsync(250);
    expect(await turned).toEqual(NOTHING);
  }
  expect(asked).toHaveBeenCalledTimes(1);
  expect(faultOf('t', 1)).toMatch('broker 2, can not be reached: no answer');
  const last = fetch('2', wanting({ 1: 5 }));
  answer.resolve(bringing(1));
  expect(await last).toEqual(bringing(1));
  expect(faultOf('t', 1)).toBeUndefined();
});

it('a late answer brings only what is wanted from the same offset', async () => {
  const answer = Promise.withResolvers<unknown>();
  const { fetch } = clusterOf({ 1: () => answer.promise });
  const first = fetch('1', wanting({ 0: 5, 1: 5, 2: 5 }));
  await vi.advanceTimersByTimeAsync(250);
  expect(await first).toEqual(NOTHING);
  const second = fetch('1', wanting({ 0: 5, 1: 9 }));
  answer.resolve(bringing(0, 1, 2));
  expect(await second).toEqual(bringing(0));
});

it.each([
  ['a connection that breaks', failure('KafkaJSConnectionClosedError')],
  ['a request without an answer', failure('KafkaJSRequestTimeoutError')],
])('%s fails nobody’s loop, and the broker is tried again after a second', async (_what, error) => {
  const asked = vi.fn<Fetch>(() => Promise.reject(error));
  const { cluster, fetch, faultOf } = clusterOf({ 2: asked });
  expect(await fetch('2', wanting({ 1: 5 }))).toEqual(NOTHING);
  expect(faultOf('t', 1)).toMatch(error.message);
  expect(faultOf('t', 0)).toBeUndefined();
  expect(cluster.brokerPool.metadataExpireAt).toBeLessThanOrEqual(Date.now() + 100);
  asked.mockResolvedValue(bringing(1));
  const again = fetch('2', wanting({ 1: 5 }));
  await vi.advanceTimersByTimeAsync(250);
  expect(await again).toEqual(NOTHING);
  expect(asked).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(800);
  expect(await fetch('2', wanting({ 1: 5 }))).toEqual(bringing(1));
});

it('whatever keeps it from being reached is the broker’s alone', async () => {
  const { fetch, faultOf } = clusterOf({}, () => Promise.reject(failure('KafkaJSSASLAuthenticationError')));
  expect(await fetch('2', wanting({ 1: 5 }))).toEqual(NOTHING);
  expect(faultOf('t', 1)).toMatch('KafkaJSSASLAuthenticationError');
});

it.each([
  ['a right that is missing', failure('KafkaJSProtocolError', { type: 'TOPIC_AUTHORIZATION_FAILED' })],
  ['a defect', new TypeError('x is not a function')],
])('%s is thrown', async (_what, error) => {
  const { fetch } = clusterOf({ 1: () => Promise.reject(error) });
  await expect(fetch('1', wanting({ 0: 5 }))).rejects.toBe(error);
});

it('the coordinator’s failures are seen', async () => {
  const error = failure('KafkaJSConnectionError');
  const { cluster } = clusterOf({}, () => Promise.reject(error));
  await expect(cluster.findGroupCoordinator({ groupId: 'g' })).rejects.toBe(error);
});

it('where a partition without a leader begins keeps no other from being read', async () => {
  const { cluster } = clusterOf({});
  const topics = [{ topic: 't', partitions: [{ partition: 2 }], fromBeginning: true }];
  expect(await cluster.fetchTopicsOffset(topics)).toEqual([
    { topic: 't', partitions: [{ partition: 2, offset: '0' }] },
  ]);
});

it('a login that one broker refuses is that broker’s alone; one that all refuse for long ends the loop with the reason', async () => {
  const refusal = failure('KafkaJSSASLAuthenticationError', { retriable: false });
  const wrapped = Object.assign(new Error('wrapped'), { cause: refusal });
  let isFirstRefused = false;
  const { fetch, faultOf } = clusterOf({
    1: () => (isFirstRefused ? Promise.reject(refusal) : Promise.resolve(bringing(0))),
    2: () => Promise.reject(wrapped),
  });
  const turn = async (nodeId: string): Promise<unknown> => {
    const turned = fetch(nodeId, wanting({ [Number(nodeId) - 1]: 5 })).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1100);
    return turned;
  };
  for (let second = 0; second < 20; second += 1) {
    expect(await turn('1')).toEqual(bringing(0));
    expect(await turn('2')).toEqual(NOTHING);
  }
  expect(faultOf('t', 1)).toMatch('broker 2, can not be reached');
  isFirstRefused = true;
  let ended: unknown = NOTHING;
  let seconds = 0;
  for (; ended !== refusal && seconds < 60; seconds += 1) ended = await turn('1');
  expect(ended).toBe(refusal);
  expect(seconds).toBeGreaterThan(3);
});
