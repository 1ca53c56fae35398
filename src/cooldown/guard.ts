/**
 * Looks at a Redis before anything stands on it. One that evicts keys would forget claims and push twice, so the
 * service refuses it; one that keeps nothing on disk forgets them at a restart, which is said. Read from INFO, as
 * managed services often forbid CONFIG.
 */
import { Cluster } from 'ioredis';
import { UnavailableError } from '../domain/errors.ts';
import type { RedisClient } from './connection.ts';
import { onRedis } from './redis-errors.ts';

/** Redis can't keep the service's promises: the operator must change it (exit code 78). */
export class UnsafeRedisError extends Error {
  override readonly name = 'UnsafeRedisError';
  readonly policy: string;
  constructor(policy: string) {
    super(
      `Redis has maxmemory-policy ${policy}: it would forget claims and push twice. ` +
        'Set maxmemory-policy to noeviction.',
    );
    this.policy = policy;
  }
}

/**
 * @returns what a person should know: sentences for the log.
 * @throws UnsafeRedisError where keys may be evicted; UnavailableError where Redis is away.
 */
export async function inspectRedis(client: RedisClient): Promise<{ readonly warnings: readonly string[] }> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  // A cluster that was never reached has no nodes yet: nothing is known of it.
  if (nodes.length === 0) throw new UnavailableError('redis', 'no node of the cluster is known yet');
  const warnings = new Set<string>();
  for (const node of nodes) {
    const info = parseInfo(await onRedis(client, () => node.info()));
    const policy = info.get('maxmemory_policy');
    if (policy === undefined) {
      warnings.add('Redis does not tell its maxmemory-policy: make sure that it is noeviction');
    } else if (policy !== 'noeviction') throw new UnsafeRedisError(policy);
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
  return { warnings: [...warnings] };
}

/** INFO's fields by name. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}
