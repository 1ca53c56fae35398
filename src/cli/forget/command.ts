/** `coupon-notifier forget --user U`. */
import type { Command } from '../command.ts';
import { durationOption } from '../options.ts';
import { createProgram, runProgram } from '../program.ts';
import { forget } from './forget.ts';

const HELP = `
Exit codes: 0 done; 1 not done: run it again; 78 a variable is missing or wrong.
Needs REDIS_URL. With KAFKA_BROKERS it says how long Kafka keeps the user's records. Pods may run.`;

interface Flags {
  readonly user: string;
  readonly keepCaps?: true;
  readonly wait: number;
  readonly json?: true;
}

export const forgetCommand: Command = async (args, line, calledAs) => {
  let exitCode: 0 | 1 | 78 = 0;
  const program = createProgram(calledAs, line)
    .description('Erases a user from Redis: records, history, and the pushes that wait, which are withdrawn.')
    .requiredOption('--user <id>', 'the user')
    .option('--keep-caps', 'what was sent counts on, kept without the user’s id')
    .option('--wait <duration>', 'how long a push that is being sent is waited for', durationOption, 60_000)
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action(async ({ user, wait, ...flags }: Flags) => {
      exitCode = await forget(
        { user, wait, keepCaps: flags.keepCaps ?? false, json: flags.json ?? false },
        line,
      );
    });
  return (await runProgram(program, args, line)) ?? exitCode;
};
