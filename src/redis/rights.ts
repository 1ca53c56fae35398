/** What the service's user is refused of what the service cannot do without: asked of every part of a Redis. */
import { randomUUID } from 'node:crypto';
import type { RedisClient } from './connection.ts';
import { SPREAD_TAGS } from './spread-tags.ts';
import { RIGHTS_ARGUMENT, rightsScript } from './scripts/rights.ts';
import { scriptOn } from './script.ts';

/**
 * @returns a function that answers with the refused commands, in capitals; empty where all is well. It rejects with
 * `UnavailableError` where Redis is away, refuses scripts, or is sharded though the client takes it for one server.
 */
export function createRightsCheck(redis: RedisClient, prefix: string): () => Promise<readonly string[]> {
  const run = scriptOn(redis, redis.isCluster ? { ...rightsScript, keys: 1 } : rightsScript, () => 0);
  const own = randomUUID();
  const keys = SPREAD_TAGS.map((tag) => `${prefix}:{${tag}}:rights:${own}`);
  // One server must answer for keys of any two slots: what stands before many says so here.
  const calls = redis.isCluster ? keys.map((key) => [key]) : [[keys[0] ?? '', keys.at(-1) ?? '']];
  return async () => {
    const answers = await Promise.all(calls.map((some) => run(some, [RIGHTS_ARGUMENT])));
    return [...new Set(answers.flat().map(String))];
  };
}
