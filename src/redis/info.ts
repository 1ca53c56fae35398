/** What a Redis tells of itself. INFO is among the commands that many users may not run: then there is nothing. */
import { Cluster } from 'ioredis';
import { refusalOf } from './redis-failure.ts';
import type { RedisClient } from './connection.ts';
import { onRedis } from './redis-errors.ts';

export type RedisInfo = ReadonlyMap<string, string>;

/**
 * INFO of every master, in the order of `mastersOf`; undefined for one that refuses it.
 * @throws UnavailableError where one is away.
 */
export function masterInfos(client: RedisClient): Promise<readonly (RedisInfo | undefined)[]> {
  return Promise.all(
    mastersOf(client).map(async (node) => {
      try {
        return parseInfo(await onRedis(client, () => node.info()));
      } catch (error) {
        if (refusalOf(error)?.kind === 'misconfigured') return undefined;
        throw error;
      }
    }),
  );
}

export function mastersOf(client: RedisClient) {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

/** INFO's fields by name. */
function parseInfo(text: string): RedisInfo {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}
