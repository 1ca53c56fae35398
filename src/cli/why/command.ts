/** `coupon-notifier why --user U [--event ID]`. */
import { InvalidArgumentError } from 'commander';
import type { Command } from '../command.ts';
import { createProgram, runProgram } from '../program.ts';
import { why, type WhyOptions } from './why.ts';

const HELP = `
Exit codes: 0 done; 1 not done; 78 a variable is missing or wrong.
Needs REDIS_URL. With KAFKA_BROKERS and KAFKA_OUTCOME_TOPIC also recent outcomes, with
RULES_S3_URI also the caps. Answers within three seconds or so, and says how far it looked.`;

export const whyCommand: Command = async (args, line, calledAs) => {
  let exitCode: 0 | 1 | 78 = 0;
  const program = createProgram(calledAs, line)
    .description('What the service knows of one user: caps, pushes, and why events became none.')
    .requiredOption('--user <id>', 'the user')
    .option('--event <id>', 'only this event')
    .option('--limit <number>', 'most outcomes', countOption, 20)
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action(async (options: WhyOptions) => {
      exitCode = await why(options, line);
    });
  return (await runProgram(program, args, line)) ?? exitCode;
};

function countOption(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1 to 9999.');
  return Number(text);
}
