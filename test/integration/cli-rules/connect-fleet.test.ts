/** The commands' view of the pods, against the registry, the channel and the flag that pods really use. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { connectFleet } from '../../../src/cli/rules/connect-fleet.ts';
import { startPodRegistry } from '../../../src/ops/pods.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const url = process.env['REDIS_URL']!;
const PREFIX = 'connect-fleet-test';
const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

function redis(): Redis {
  const client = new Redis(url);
  open.push(() => client.quit());
  return client;
}

it('hears of live pods, and is heard by them', async () => {
  const pod = `pod-${randomUUID()}`;
  let rulesVersion = 'v1';
  const registry = startPodRegistry({
    redis: redis(),
    subscriber: redis(),
    prefix: PREFIX,
    describe: () => ({
      pod,
      version: '1',
      startedAt: new Date().toISOString(),
      partitions: [],
      rulesVersion,
      rulesEtag: undefined,
      merchantsVersion: undefined,
      topic: 't',
      groupId: 'g',
      lane: 'all',
      laneThresholdBytes: 1,
    }),
    onDocumentsAnnounced: () => {
      rulesVersion = 'v2';
      void registry.beatSoon();
    },
    logger: silentLogger,
  });
  open.push(() => registry.stop());
  const fleet = await connectFleet({ url, cluster: false, prefix: PREFIX });
  open.push(() => fleet.close());
  const mine = async () => (await fleet.livePods()).find((live) => live.pod === pod)?.rulesVersion;
  await expect.poll(mine, { timeout: 30_000 }).toBe('v1');
  await expect
    .poll(
      async () => {
        await fleet.announce();
        return mine();
      },
      { timeout: 30_000 },
    )
    .toBe('v2');
});

it('says in time, without the address and its password, that Redis is away', async () => {
  const failed = connectFleet({ url: 'redis://user:secret@127.0.0.1:1', cluster: false, prefix: PREFIX });
  await expect(failed).rejects.toThrow(/Redis \(REDIS_URL\) can't be reached/);
  await expect(failed).rejects.not.toThrow(/secret/);
});
