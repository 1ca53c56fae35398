/**
 * A failover behind an address that leads only new connections elsewhere, as load balancers, proxies and DNS do: the
 * demoted server goes on answering whoever is connected to it. Every connection of a pod leaves it by itself.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import { createOutageReasons } from '../../../src/ops/health/outage-reasons.ts';
import { openRedisConnections } from '../../../src/compose/redis.ts';
import { announceDocuments, startPodRegistry } from '../../../src/ops/pods.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { useOwnServices } from '../../support/services/own-services.ts';
import { openPushPath } from '../../support/redis/push-path.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const soon = { timeout: 40_000, interval: 30 };
const PREFIX = 'failover-test';

const services = useOwnServices('redis', {
  ...{ kafka: false, s3: false, redis: { appendFsync: 'no' } },
  extraRedis: { second: {} },
});

interface Balancer {
  readonly url: string;
  lead(port: number): void;
  close(): void;
}

/** Leads each connection to where it pointed when the connection was made. */
async function openBalancer(port: number): Promise<Balancer> {
  let target = port;
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    lead: (next) => void (target = next),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

it('the demoted server is left within seconds, on every connection, also where INFO is refused', async () => {
  const [oldUrl, newUrl] = [services.service('redis').address, services.service('second').address];
  const [oldPort, newPort] = [oldUrl, newUrl].map((url) => Number(new URL(url).port)) as [number, number];
  const [before, after] = [new Redis(oldUrl), new Redis(newUrl)];
  for (const admin of [before, after])
    await admin.call(
      'ACL',
      'SETUSER',
      'pod',
      'on',
      '>pw',
      '+@all',
      '-info',
      '-role',
      'allkeys',
      'allchannels',
    );
  await after.replicaof('127.0.0.1', oldPort);
  await vi.waitFor(
    async () => expect(await after.info('replication')).toContain('master_link_status:up'),
    soon,
  );
  const balancer = await openBalancer(oldPort);
  const url = balancer.url.replace('redis://', 'redis://pod:pw@');
  const connections = openRedisConnections(
    { url, cluster: false, prefix: PREFIX },
    { logger: silentLogger as never, metrics: createMetrics(), outages: createOutageReasons() },
  );
  const { redis, watch } = connections;
  const { delivered, push, close } = openPushPath(connections, PREFIX);
  const heard = vi.fn();
  const registry = startPodRegistry({
    ...{ redis, subscriber: connections.subscriber, prefix: PREFIX, logger: silentLogger },
    describe: () => ({ pod: 'p1' }) as never,
    onDocumentsAnnounced: heard,
  });
  try {
    await vi.waitFor(() => push('first'), soon);
    await vi.waitFor(() => expect(delivered).toContain('first'), soon);
    await vi.waitFor(() => expect(watch.isUp()).toBe(true), soon);

    balancer.lead(newPort);
    await after.replicaof('NO', 'ONE');
    await before.replicaof('127.0.0.1', newPort);

    await vi.waitFor(() => push('second'), soon);
    await vi.waitFor(() => expect(delivered).toContain('second'), soon);
    await vi.waitFor(() => expect(watch.isUp()).toBe(true), soon);
    // Nobody of the pod is left there: what remains is this test's own, and the replication.
    const clients = async (admin: Redis) =>
      String(await admin.client('LIST'))
        .split('\n')
        .filter((line) => line.includes('user=pod'));
    await vi.waitFor(async () => expect(await clients(before)).toEqual([]), soon);
    expect((await clients(after)).length).toBeGreaterThanOrEqual(5);
    heard.mockClear();
    await announceDocuments(redis, PREFIX);
    await vi.waitFor(() => expect(heard).toHaveBeenCalled(), soon);
  } finally {
    await close();
    await registry.stop();
    await connections.close();
    balancer.close();
    before.disconnect();
    after.disconnect();
  }
});
