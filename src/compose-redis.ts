/** A pod's connections to Redis, each for one kind of use, and the watch over them. */
import type { Config } from './config.ts';
import type { Obstacles } from './compose-health.ts';
import {
  closeRedis,
  openRedis,
  type RedisClient,
  type RedisConnectionOptions,
} from './cooldown/connection.ts';
import { watchRedis, type RedisWatch } from './cooldown/watch.ts';
import { REDIS_PREFIX as PREFIX } from './domain/redis-prefix.ts';
import type { ServiceLogger } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';

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
  readonly obstacles: Obstacles;
}

export function openRedisConnections(
  config: Config['redis'],
  { logger, metrics, obstacles }: RedisSurroundings,
): RedisConnections {
  const onObstacle = obstacles.teller('redis');
  const connect = (
    purpose: 'commands' | 'worker',
    name: string,
    told: Pick<RedisConnectionOptions, 'onObstacle'> = {},
  ): RedisClient => openRedis({ ...config, purpose, name: `${PREFIX}:${name}`, logger, ...told });
  const redis = connect('commands', 'claims', { onObstacle });
  const queue = connect('commands', 'queue');
  const worker = connect('worker', 'worker');
  const subscriber = connect('worker', 'announcements');
  const watch = watchRedis({
    ...{ redis, prefix: PREFIX, logger, onObstacle },
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
