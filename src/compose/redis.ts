/** A pod's connections to Redis, each for one kind of use, and the watch over them. */
import type { OutageReasons } from '../ops/health/outage-reasons.ts';
import { closeRedis, openRedis, type RedisClient, type RedisConnectionOptions } from '../redis/connection.ts';
import { watchRedis, type RedisWatch } from '../redis/watch.ts';
import type { ServiceLogger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface RedisConnections {
  /** For claims, deliveries and whatever else is asked by one command. */
  readonly redis: RedisClient;
  /** The queue's, for adding to it. */
  readonly queue: RedisClient;
  /** The queue's, for its worker's blocking reads. */
  readonly worker: RedisClient;
  /** For announcements. */
  readonly subscriber: RedisClient;
  readonly watch: RedisWatch;
  /** Ends the watch and every connection. Never rejects. */
  close(): Promise<void>;
}

export interface RedisSurroundings {
  readonly logger: ServiceLogger;
  readonly metrics: Metrics;
  readonly outages: OutageReasons;
}

/** A demoted server that is all that can be reached is not asked more often. */
const LEAVE_EVERY_MS = 1000;

export type RedisPlace = Pick<RedisConnectionOptions, 'url' | 'cluster' | 'sentinels'> & {
  /** Of every key. */
  readonly prefix: string;
};

export function openRedisConnections(
  config: RedisPlace,
  { logger, metrics, outages }: RedisSurroundings,
): RedisConnections {
  const onUnavailable = outages.reporter('redis');
  let leaving = false;
  /** What one connection has found is so for all, also for one that only listens and would never notice. */
  const leaveDemoted = (): void => {
    if (leaving) return;
    leaving = true;
    setTimeout(() => (leaving = false), LEAVE_EVERY_MS).unref();
    for (const client of [redis, queue, worker, subscriber]) if (!client.isCluster) client.disconnect(true);
  };
  const connect = (
    purpose: 'commands' | 'worker',
    name: string,
    callbacks: Pick<RedisConnectionOptions, 'onUnavailable'> = {},
  ): RedisClient =>
    openRedis({
      ...config,
      purpose,
      name: `${config.prefix}:${name}`,
      logger,
      onDemoted: leaveDemoted,
      ...callbacks,
    });
  const redis = connect('commands', 'claims', { onUnavailable });
  const queue = connect('commands', 'queue');
  const worker = connect('worker', 'worker');
  const subscriber = connect('worker', 'announcements');
  const watch = watchRedis({
    ...{ redis, prefix: config.prefix, logger, onUnavailable },
    count: (name) => metrics.count(name, {}),
  });
  return {
    ...{ redis, queue, worker, subscriber, watch },
    async close() {
      await watch.stop();
      await Promise.all([redis, queue, worker, subscriber].map((client) => closeRedis(client)));
    },
  };
}
