/** A connection to a Redis that stands, and that answers every command and every script alike. */
import type { RedisClient } from '../../../src/redis/connection.ts';

/** What Redis 7 says of a script that has a bug, in the driver's error. */
export const BUGGY_SCRIPT = replyError(
  'ERR user_script:7: attempt to perform arithmetic on a nil value script: f_6, on @user_script:7.',
);
export const LOADING = replyError('LOADING Redis is loading the dataset in memory');

export function replyError(text: string): Error {
  return Object.assign(new Error(text), { name: 'ReplyError' });
}

/** @param answer an error is its refusal. */
export function openAnsweringRedis(answer: unknown): RedisClient {
  const give = (): Promise<unknown> =>
    answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  const commands: Record<string, unknown> = {
    ...{ status: 'ready', isCluster: false, options: {} },
    defineCommand: (name: string) => (commands[name] = give),
    on: () => undefined,
  };
  for (const name of ['info', 'zadd', 'zrem', 'hdel', 'set', 'get', 'exists', 'publish', 'subscribe']) {
    commands[name] = give;
  }
  return commands as unknown as RedisClient;
}
