/** The variables of the commands on the rules, and the way to the running pods. */
import { PROXY_VARIABLES } from '../../config/proxies.ts';
import { redisAddress, type REDIS_VARIABLES } from '../../config/redis-address.ts';
import type { Values } from '../../config/variables.ts';
import type { CommandContext, Fleet } from './ports.ts';

export { REDIS_VARIABLES } from '../../config/redis-address.ts';
export const S3_VARIABLES = ['RULES_S3_URI', 'S3_ENDPOINT', 'AWS_REGION', ...PROXY_VARIABLES] as const;

export type S3Settings = Pick<Values, (typeof S3_VARIABLES)[number]>;

/** @throws Error where Redis can't be reached. */
export function connect(
  settings: Pick<Values, (typeof REDIS_VARIABLES)[number]>,
  { connectFleet }: CommandContext,
): Promise<Fleet> {
  return connectFleet(redisAddress(settings));
}
