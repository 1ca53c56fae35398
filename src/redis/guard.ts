/**
 * Looks at a Redis before anything stands on it. The service refuses a Redis that evicts keys: it would forget claims
 * and push twice. It also refuses one that its user may not use, or that is sharded where one server is expected (or
 * the reverse): waiting would not help. One that keeps nothing on disk forgets claims at a restart, which is said. Read
 * from INFO, as managed services often forbid CONFIG; where INFO is forbidden too, that is said, and the rest goes on.
 */
import { UnavailableError } from '../runtime/errors.ts';
import { refusalOf } from './redis-failure.ts';
import { misfitOf, type RedisClient } from './connection.ts';
import { masterInfos } from './info.ts';
import { createRightsCheck } from './rights.ts';

/** Redis can't keep the service's promises, or refuses it: a person must change something (exit code 78). */
export class UnsafeRedisError extends Error {
  override readonly name = 'UnsafeRedisError';
}

const CLUSTER_UNSET = 'REDIS_URL names a node of a Redis Cluster: set REDIS_CLUSTER=true';

/** @returns why a Redis with this policy is not used. */
export function evictionFault(policy: string | undefined): string | undefined {
  if (policy === undefined || policy === 'noeviction') return undefined;
  return (
    `Redis has maxmemory-policy ${policy}: it would forget claims and push twice. ` +
    'Set maxmemory-policy to noeviction.'
  );
}

/** @returns what a person must allow. */
export function rightsFault(refused: readonly string[]): string | undefined {
  if (refused.length === 0) return undefined;
  return `Redis refuses its user ${refused.join(', ')}: allow what deploy/README.md lists (ACL SETUSER)`;
}

/**
 * @param prefix the service's own, of every key.
 * @returns what a person should know: sentences for the log.
 * @throws UnsafeRedisError where it can't be used as it is; UnavailableError where it is away.
 */
export async function inspectRedis(
  client: RedisClient,
  prefix: string,
): Promise<{ readonly warnings: readonly string[] }> {
  const misfit = misfitOf(client);
  if (misfit !== undefined) throw new UnsafeRedisError(`REDIS_URL can't be used: ${misfit}`);
  try {
    const warnings = await readInfos(client);
    const fault = rightsFault(await createRightsCheck(client, prefix)());
    if (fault !== undefined) throw new UnsafeRedisError(fault);
    return { warnings };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal?.kind !== 'misconfigured') throw error;
    throw new UnsafeRedisError(`Redis can't be used: ${refusal.message}`, { cause: error });
  }
}

async function readInfos(client: RedisClient): Promise<readonly string[]> {
  const infos = await masterInfos(client);
  // A cluster that was never reached has no nodes yet: nothing is known of it.
  if (infos.length === 0) throw new UnavailableError('redis', 'no node of the cluster is known yet');
  const warnings = new Set<string>();
  for (const info of infos) {
    if (info === undefined) {
      warnings.add(
        'Redis refuses its user INFO: make sure yourself that its maxmemory-policy is noeviction ' +
          'and that it keeps an append-only file',
      );
      continue;
    }
    if (info.get('cluster_enabled') === '1' && !client.isCluster) throw new UnsafeRedisError(CLUSTER_UNSET);
    const fault = evictionFault(info.get('maxmemory_policy'));
    if (fault !== undefined) throw new UnsafeRedisError(fault);
    if (info.get('maxmemory_policy') === undefined) {
      warnings.add('Redis does not tell its maxmemory-policy: make sure that it is noeviction');
    }
    const aof = info.get('aof_enabled');
    if (aof === '0') {
      warnings.add(
        'Redis keeps no append-only file: claims made since its last snapshot are lost when it restarts, ' +
          'and their pushes may be sent again',
      );
    } else if (aof === undefined) {
      warnings.add('Redis does not tell whether it keeps an append-only file');
    }
    if (info.get('aof_last_write_status') === 'err') warnings.add("Redis can't write its append-only file");
  }
  return [...warnings];
}
