/** Lets BullMQ begin on a Redis that refuses it INFO. */
import type { Cluster, Redis } from 'ioredis';
import { onRedis, type AskOptions } from '../redis/redis-errors.ts';
import { refusalOf } from '../redis/redis-failure.ts';

/** What BullMQ reads from its connection's options beside the driver's own. */
interface VersionCheck {
  skipVersionCheck?: boolean;
}

/**
 * Before BullMQ begins on a connection: it asks INFO for the version and, refused, never gets ready. Where INFO is
 * refused it is told not to ask; it takes the server for an old one then, and wakes for delayed jobs by the second.
 *
 * @throws UnavailableError where Redis is away.
 */
export async function spareInfo(redis: Redis | Cluster, asking?: AskOptions): Promise<void> {
  const options: VersionCheck | undefined = redis.isCluster
    ? (Reflect.get(redis.options, 'redisOptions') as VersionCheck)
    : (redis.options as VersionCheck);
  try {
    await onRedis(redis, () => redis.info('server'), asking);
    options.skipVersionCheck = false;
  } catch (error) {
    if (refusalOf(error)?.kind !== 'misconfigured') throw error;
    options.skipVersionCheck = true;
  }
}
