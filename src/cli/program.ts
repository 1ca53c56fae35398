/** How every command reads its arguments: with commander, which speaks through the command line and never ends the process. */
import { Command as Program, CommanderError } from 'commander';
import { errorText } from '../runtime/error-text.ts';
import type { CommandLine } from './command.ts';

type Voice = Pick<CommandLine, 'say' | 'complain'>;

/** @param calledAs what the user typed before the arguments, for the help. */
export function createProgram(calledAs: string, { say, complain }: Voice): Program {
  return new Program(calledAs)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => say(text.trimEnd()),
      writeErr: (text) => complain(text.trimEnd()),
    })
    .showHelpAfterError();
}

/**
 * @returns undefined after the action; else the exit code: 0 after help that was asked for, 1 after saying what is
 * wrong. Never rejects.
 */
export async function runProgram(
  program: Program,
  args: readonly string[],
  { complain }: Voice,
): Promise<0 | 1 | undefined> {
  try {
    await program.parseAsync(args, { from: 'user' });
    return undefined;
  } catch (error) {
    // Commander has said it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    complain(errorText(error));
    return 1;
  }
}
