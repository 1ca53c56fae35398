/**
 * A master that sentinels name: it is found by its name alone, and where it dies the replica that they promote is used,
 * with the claims that it had. What was claimed before is known after.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRedisConnections, type RedisConnections } from '../../../src/compose/redis.ts';
import { createOutageReasons } from '../../../src/ops/health/outage-reasons.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import {
  MASTER_NAME,
  startRedisWithSentinel,
  type RedisWithSentinel,
} from '../../support/redis/redis-sentinel.ts';
import { findLocalObstacle } from '../../support/services/local-obstacle.ts';
import { openPushPath } from '../../support/redis/push-path.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const soon = { timeout: 60_000, interval: 50 };
const PREFIX = 'sentinel-test';
/** Its host is nobody's: only what else it says counts. */
const URL_WITHOUT_HOST = 'redis://nobody.invalid:1/3';

function connect(
  sentinels: { addresses: string[]; name: string },
  reasons = createOutageReasons(),
): RedisConnections {
  return openRedisConnections(
    { url: URL_WITHOUT_HOST, cluster: false, sentinels, prefix: PREFIX },
    { logger: silentLogger as never, metrics: createMetrics(), outages: reasons },
  );
}

describe('a Redis behind a sentinel', () => {
  let obstacle: string | undefined;
  let servers: RedisWithSentinel | undefined;

  beforeAll(async () => {
    obstacle = await findLocalObstacle('redis');
    if (obstacle === undefined) servers = await startRedisWithSentinel();
  }, 150_000);
  beforeEach(({ skip }) => {
    skip(obstacle !== undefined, obstacle);
  });
  afterAll(() => servers?.stop(), 60_000);

  it('a master under another name is not there, and the reason says who was asked', async () => {
    const reasons = createOutageReasons();
    const connections = connect({ addresses: [servers?.sentinel ?? ''], name: 'other' }, reasons);
    try {
      await vi.waitFor(() => expect(reasons.reasonOf('redis')).toMatch(/sentinel/i), soon);
      expect(connections.watch.isUp()).toBe(false);
    } finally {
      await connections.close();
    }
  });

  it('the master dies: its replica is used, and remembers what was claimed', async () => {
    if (servers === undefined) throw new Error('no servers');
    const said = vi.spyOn(console, 'error');
    // The first of them answers nobody.
    const connections = connect({ addresses: ['127.0.0.1:1', servers.sentinel], name: MASTER_NAME });
    const { watch } = connections;
    const { claims, delivered, push, close } = openPushPath(connections, PREFIX);
    try {
      await vi.waitFor(() => push('first'), soon);
      await vi.waitFor(() => expect(delivered).toContain('first'), soon);
      await vi.waitFor(() => expect(watch.isUp()).toBe(true), soon);
      await servers.inStep();

      await servers.master.kill('SIGKILL');
      await vi.waitFor(() => push('second'), soon);
      await vi.waitFor(() => expect(delivered).toContain('second'), soon);
      await vi.waitFor(() => expect(watch.isUp()).toBe(true), soon);
      expect(said).not.toHaveBeenCalled();
      expect(await servers.masterPort()).toBe(Number(new URL(servers.replica.address).port));
      // It is the event's own record that answers, on the server that took over.
      expect(await claims.recall({ userId: 'first', eventId: 'first' }, [])).toMatchObject({ kind: 'known' });
      // Another server is said, and no acknowledged write was lost.
      await vi.waitFor(() => expect(watch.seen()).toEqual({ dataLost: 0, serverChanged: 1 }), soon);
    } finally {
      said.mockRestore();
      await close();
      await connections.close();
    }
  }, 200_000);
});
