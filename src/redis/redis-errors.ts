/** Where the claims' room asks Redis: each command in one place that knows what its failure means. */
import { UnavailableError } from '../runtime/errors.ts';
import { asRedisFailure } from './redis-failure.ts';

/**
 * Runs commands on a connection that stands. A cluster's client would otherwise wait for its nodes without end.
 *
 * @throws UnavailableError where Redis is away or refuses; a defect of ours as it is.
 */
export async function onRedis<T>(
  client: { readonly status: string; readonly isCluster: boolean },
  task: () => Promise<T>,
): Promise<T> {
  if (client.status !== 'ready') throw new UnavailableError('redis', `the connection is ${client.status}`);
  try {
    return await task();
  } catch (error) {
    throw asRedisFailure(error, client.isCluster);
  }
}
