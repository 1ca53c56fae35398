import type { Cluster } from 'kafkajs';
import { expect, it } from 'vitest';
import { retryBrokenOff } from '../../../../src/kafka/client/broken-off.ts';

function clusterThat(ask: (topics?: unknown) => Promise<unknown>): Cluster {
  const cluster = {
    connect: ask,
    refreshMetadata: ask,
    refreshMetadataIfNecessary: ask,
    addMultipleTargetTopics: ask,
  } as unknown as Cluster;
  retryBrokenOff(cluster);
  return cluster;
}

const rejection = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => undefined,
    (error: unknown) => error,
  );

it.each(['connect', 'refreshMetadata', 'refreshMetadataIfNecessary'] as const)(
  'a broker that breaks off at %s is asked again by kafkajs, not given up',
  async (name) => {
    const cluster = clusterThat(() => Promise.reject(new Error('Broker not connected')));
    expect(await rejection(cluster[name]())).toMatchObject({
      retriable: true,
      message: 'Broker not connected',
    });
  },
);

it('another failure stays what it is', async () => {
  const failure = new Error('Topic authorization failed');
  const cluster = clusterThat(() => Promise.reject(failure));
  expect(await rejection(cluster.refreshMetadata())).toBe(failure);
  expect(failure).not.toHaveProperty('retriable');
});

it('what is asked and answered goes through', async () => {
  const asked: unknown[] = [];
  const cluster = clusterThat(async (topics) => asked.push(topics));
  await cluster.addMultipleTargetTopics(['t']);
  expect(asked).toEqual([['t']]);
});
