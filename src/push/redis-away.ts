/**
 * The queue's failures are Redis's: nothing that is put into it can be wrong but by a programming error. So a reply
 * that would be a defect elsewhere (the queue's keys were overwritten) is waited out here as well.
 */
import type { Cluster, Redis } from 'ioredis';
import { UnavailableError } from '../runtime/errors.ts';
import { asRedisFailure, refusalOf } from '../redis/redis-failure.ts';

export function asUnavailable(error: unknown): unknown {
  const failure = asRedisFailure(error);
  return failure instanceof Error && failure.name === 'ReplyError'
    ? new UnavailableError('redis', failure)
    : failure;
}

/** What BullMQ reads from its connection's options beside the driver's own. */
interface VersionCheck {
  skipVersionCheck?: boolean;
}

/**
 * Before BullMQ begins on a connection: it asks INFO for the version and, refused, never gets ready. Where Redis
 * refuses INFO, BullMQ must not ask for it. It then takes the server for an old one and wakes every second for delayed
 * jobs.
 *
 * @throws UnavailableError where Redis is away.
 */
export async function spareInfo(redis: Redis | Cluster): Promise<void> {
  const options: VersionCheck | undefined = redis.isCluster
    ? (Reflect.get(redis.options, 'redisOptions') as VersionCheck)
    : (redis.options as VersionCheck);
  try {
    await redis.info('server');
    options.skipVersionCheck = false;
  } catch (error) {
    const failure = asUnavailable(error);
    if (refusalOf(failure)?.kind !== 'misconfigured') throw failure;
    options.skipVersionCheck = true;
  }
}

/**
 * A task's answer, if it comes within `limitMs`; what comes later is ignored.
 *
 * @throws UnavailableError where it does not, or where Redis is away.
 */
export async function withinOrUnavailable<T>(limitMs: number, task: () => Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new UnavailableError('redis', 'no answer in time')), limitMs);
  try {
    return await Promise.race([task(), promise]);
  } catch (error) {
    throw asUnavailable(error);
  } finally {
    clearTimeout(timer);
  }
}
