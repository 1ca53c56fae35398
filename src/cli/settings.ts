/** The few variables that a command needs: all that are wrong are said at once. */
import { ConfigError, readSome } from '../config/config.ts';
import type { Values, VariableName } from '../config/variables.ts';
import type { CommandLine } from './command.ts';

/** @returns undefined after saying what is missing or wrong: exit code 78. */
export function readSettings<Name extends VariableName>(
  names: readonly Name[],
  { env, complain }: Pick<CommandLine, 'env' | 'complain'>,
): Pick<Values, Name> | undefined {
  try {
    return readSome(names, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { variable, message } of error.problems) complain(`${variable}: ${message}`);
    return undefined;
  }
}
