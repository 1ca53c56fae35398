/** The variables of the commands on the rules, and the way to the running pods. */
import type { Values } from '../../config/variables.ts';
import type { CommandContext, Fleet } from './ports.ts';

export const S3_VARIABLES = ['RULES_S3_URI', 'S3_ENDPOINT', 'AWS_REGION'] as const;
export const REDIS_VARIABLES = ['REDIS_URL', 'REDIS_CLUSTER', 'REDIS_PREFIX'] as const;

export type S3Settings = Pick<Values, (typeof S3_VARIABLES)[number]>;

/** @throws Error where Redis can't be reached. */
export function connect(
  settings: Pick<Values, (typeof REDIS_VARIABLES)[number]>,
  { connectFleet }: CommandContext,
): Promise<Fleet> {
  return connectFleet({
    url: settings.REDIS_URL,
    cluster: settings.REDIS_CLUSTER,
    prefix: settings.REDIS_PREFIX,
  });
}
