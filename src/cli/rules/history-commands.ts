/** The commands that change the live document, compare with it, or look back: their options and their help. */
import type { Command } from 'commander';
import { countOption, durationOption } from '../options.ts';
import { diff, type DiffExitCode, type DiffOptions } from './diff.ts';
import { oneLineOption } from '../editor.ts';
import { log, type LogOptions } from './log.ts';
import type { CommandContext, ExitCode } from './ports.ts';
import { rollback } from './rollback.ts';
import { show } from './show.ts';
import { upload, type UploadOptions } from './upload.ts';

const EXIT_CODES = '\nExit codes: 0 done, 1 not done, 78 a variable is missing or wrong.';
const DIFF_EXIT_CODES =
  '\nExit codes, as of diff(1): 0 no difference, 1 different, 2 not to be compared; 78 a variable is missing or wrong.';
const VERSION = 'a version, a hash, or a hash’s first digits, four or more';

/** @param done takes the command's exit code. */
export function addHistoryCommands(
  program: Command,
  context: CommandContext,
  done: (code: ExitCode | DiffExitCode) => void,
): void {
  const changing = (made: Command, does: string): Command => {
    const command = made
      .description(does)
      .option('--note <text>', 'why; kept in the history', oneLineOption)
      .option('--by <name>', 'who; default: the user and the machine', oneLineOption)
      .option('--timeout <duration>', 'how long pods are waited for', durationOption, 60_000)
      .addHelpText('after', EXIT_CODES);
    return context.compareOnRecording === undefined
      ? command
      : command
          .option('--recording <file>', 'tries the change on what pods decided, see `record`')
          .option('--accept', 'uploads also what the recording speaks against');
  };

  changing(program.command('upload'), 'checks, shows and tries the change, uploads, and waits for every pod')
    .argument('<file>', 'YAML or JSON')
    .action(async (file: string, options: UploadOptions) => {
      done(await upload(file, options, context));
    });
  changing(program.command('rollback'), 'a document that was live is live again, as a new upload')
    .argument('[version]', `${VERSION}; default: the one before`)
    .action(async (version: string | undefined, options: UploadOptions) => {
      done(await rollback(version, options, context));
    });
  program
    .command('diff')
    .description('the difference from the live document, in words')
    .argument('<file>', 'YAML or JSON')
    .option('--against <version>', `${VERSION}, in place of the live document`)
    .option('--json', 'as JSON')
    .addHelpText('after', DIFF_EXIT_CODES)
    .action(async (file: string, options: DiffOptions) => {
      done(await diff(file, options, context));
    });
  program
    .command('log')
    .description('the documents that were live, newest first')
    .option('--limit <number>', 'most of them', countOption, 20)
    .option('--json', 'as JSON')
    .addHelpText('after', EXIT_CODES)
    .action(async (options: LogOptions) => {
      done(await log(options, context));
    });
  program
    .command('show')
    .description('the exact bytes of the live document, or of one that was live')
    .argument('[version]', VERSION)
    .addHelpText('after', EXIT_CODES)
    .action(async (version: string | undefined) => {
      done(await show(version, context));
    });
}
