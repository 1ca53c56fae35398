/** The commands on a rules file and their options. A new command is a file beside this one and a few lines here. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { parseDuration } from '../../rules/document/duration.ts';
import { check } from './check.ts';
import type { CommandContext, ExitCode } from './ports.ts';
import { upload } from './upload.ts';
import { errorText } from '../../runtime/error-text.ts';

/**
 * @param args what stands after `coupon-notifier rules`.
 * @param calledAs what the user typed before `args`, for the help.
 * @returns the exit code. Never rejects, never ends the process.
 */
export async function runRulesCommand(
  args: readonly string[],
  context: CommandContext,
  calledAs = 'coupon-notifier rules',
): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Command(calledAs)
    .description('The rules that decide which coupon is pushed to whom, and when.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.say(text.trimEnd()),
      writeErr: (text) => context.complain(text.trimEnd()),
    })
    .showHelpAfterError();

  program
    .command('check')
    .description('validates a file; prints every problem with line and column; exit code 1 if there are any')
    .argument('<file>', 'YAML or JSON')
    .action(async (file: string) => {
      exitCode = await check(file, context);
    });
  program
    .command('upload')
    .description('checks, shows the difference from the live document, uploads, and waits for every pod')
    .argument('<file>', 'YAML or JSON')
    .option('--timeout <duration>', 'how long pods are waited for', durationOption, 60_000)
    .action(async (file: string, options: { readonly timeout: number }) => {
      exitCode = await upload(file, options.timeout, context);
    });

  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has said it already; help that was asked for is no failure.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    context.complain(errorText(error));
    return 1;
  }
}

function durationOption(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Expected a duration such as 90s or 2m.');
  return ms;
}
