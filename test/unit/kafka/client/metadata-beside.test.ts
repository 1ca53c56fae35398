/** Metadata that is due is looked up beside the work, on a stand-in for kafkajs's cluster. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { InsideCluster } from '../../../../src/kafka/client/kafkajs-inside.ts';
import { lookBeside } from '../../../../src/kafka/client/metadata-beside.ts';

const MAX_AGE_MS = 30_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** @param looks what each look at the cluster finds, in turn: the leader of the only partition. */
function clusterOf(looks: (() => Promise<number>)[]) {
  const asked = vi.fn((look: () => Promise<number>) => look());
  const pool = {
    metadata: null as unknown,
    metadataExpireAt: null as number | null,
    async refreshMetadata(topics: string[]) {
      const leader = await asked(looks.shift()!);
      pool.metadata = {
        topicMetadata: topics.map((topic) => ({ topic, partitionMetadata: [{ partitionId: 0, leader }] })),
      };
      pool.metadataExpireAt = Date.now() + MAX_AGE_MS;
    },
  };
  const cluster = {
    brokerPool: pool,
    targetTopics: new Set(['t']),
    refreshMetadata: () => pool.refreshMetadata(['t']),
  } as unknown as InsideCluster & { readonly targetTopics: Set<string> };
  lookBeside(cluster);
  return { cluster, asked };
}

const led = (): Promise<number> => Promise.resolve(1);
const leaderless = (): Promise<number> => Promise.resolve(-1);
const failing = (): Promise<number> => Promise.reject(new Error('away'));

it('what is not known yet is waited for, and its failure told', async () => {
  const { cluster, asked } = clusterOf([failing, led, led]);
  await expect(cluster.refreshMetadataIfNecessary()).rejects.toThrow('away');
  await cluster.refreshMetadataIfNecessary();
  await cluster.refreshMetadataIfNecessary();
  expect(asked).toHaveBeenCalledTimes(2);
  cluster.targetTopics.add('another');
  await cluster.refreshMetadataIfNecessary();
  expect(asked).toHaveBeenCalledTimes(3);
});

it('what is due is looked up once, and nobody waits for it', async () => {
  const { cluster, asked } = clusterOf([led, () => new Promise(() => undefined)]);
  await cluster.refreshMetadataIfNecessary();
  await vi.advanceTimersByTimeAsync(MAX_AGE_MS + 1);
  await cluster.refreshMetadataIfNecessary();
  await cluster.refreshMetadataIfNecessary();
  expect(asked).toHaveBeenCalledTimes(2);
});

it('a look that fails fails nobody, and is repeated a second later', async () => {
  const { cluster, asked } = clusterOf([led, failing, led]);
  await cluster.refreshMetadataIfNecessary();
  await vi.advanceTimersByTimeAsync(MAX_AGE_MS + 1);
  await cluster.refreshMetadataIfNecessary();
  await vi.advanceTimersByTimeAsync(900);
  await cluster.refreshMetadataIfNecessary();
  expect(asked).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(200);
  await cluster.refreshMetadataIfNecessary();
  expect(asked).toHaveBeenCalledTimes(3);
});

it('while a partition has no leader, its leader’s return is seen within a second', async () => {
  const { cluster, asked } = clusterOf([leaderless, led, led]);
  await cluster.refreshMetadataIfNecessary();
  await vi.advanceTimersByTimeAsync(600);
  await cluster.refreshMetadataIfNecessary();
  expect(asked).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(MAX_AGE_MS - 1);
  await cluster.refreshMetadataIfNecessary();
  expect(asked).toHaveBeenCalledTimes(2);
});
