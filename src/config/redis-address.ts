/** How Redis is reached: of a pod and of every command, by the same variables. */
import type { Values } from './variables.ts';

export const REDIS_VARIABLES = [
  'REDIS_URL',
  'REDIS_CLUSTER',
  'REDIS_SENTINELS',
  'REDIS_SENTINEL_NAME',
  'REDIS_PREFIX',
] as const;

export type RedisAddress = ReturnType<typeof redisAddress>;

/** @param values checked: what goes together is there. */
export function redisAddress(values: Pick<Values, (typeof REDIS_VARIABLES)[number]>) {
  const { REDIS_SENTINELS: addresses, REDIS_SENTINEL_NAME: name } = values;
  return {
    url: values.REDIS_URL,
    cluster: values.REDIS_CLUSTER,
    sentinels: addresses === undefined || name === undefined ? undefined : { addresses, name },
    prefix: values.REDIS_PREFIX,
  };
}
