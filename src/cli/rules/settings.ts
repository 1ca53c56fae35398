/** The few variables that a command needs: all that are wrong are said at once. */
import { ConfigError, readSome } from '../../config/config.ts';
import type { CommandContext, Fleet } from './ports.ts';

export const S3_VARIABLES = ['RULES_S3_URI', 'S3_ENDPOINT', 'AWS_REGION'] as const;
export const REDIS_VARIABLES = ['REDIS_URL', 'REDIS_CLUSTER', 'REDIS_PREFIX'] as const;

type Names = (typeof S3_VARIABLES)[number] | (typeof REDIS_VARIABLES)[number];
export type Settings<Name extends Names> = ReturnType<typeof readSome<Name>>;
export type S3Settings = Settings<(typeof S3_VARIABLES)[number]>;

/** @returns undefined after saying what is missing or wrong: exit code 78. */
export function readSettings<Name extends Names>(
  names: readonly Name[],
  { env, complain }: CommandContext,
): Settings<Name> | undefined {
  try {
    return readSome(names, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { variable, message } of error.problems) complain(`${variable}: ${message}`);
    return undefined;
  }
}

/** @throws Error where Redis can't be reached. */
export function connect(
  settings: Settings<(typeof REDIS_VARIABLES)[number]>,
  { connectFleet }: CommandContext,
): Promise<Fleet> {
  return connectFleet({
    url: settings.REDIS_URL,
    cluster: settings.REDIS_CLUSTER,
    prefix: settings.REDIS_PREFIX,
  });
}
