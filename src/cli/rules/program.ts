/** The commands on a rules file and their options. A new command is a file beside this one and a few lines here. */
import { InvalidArgumentError, Option } from 'commander';
import { check } from './check.ts';
import type { DiffExitCode } from './diff.ts';
import { addHistoryCommands } from './history-commands.ts';
import type { CommandContext, ExitCode } from './ports.ts';
import { momentOption } from '../options.ts';
import { createProgram, runProgram } from '../program.ts';
import { record } from './record.ts';
import type { ExplainOptions } from './explain.ts';
import type { SimulateOptions } from './simulate.ts';
import { test, testsFileOf, type TestOptions } from './test.ts';

/**
 * @param args what stands after `coupon-notifier rules`.
 * @param calledAs what the user typed before `args`, for the help.
 * @returns the exit code. Never rejects, never ends the process.
 */
export async function runRulesCommand(
  args: readonly string[],
  context: CommandContext,
  calledAs = 'coupon-notifier rules',
): Promise<ExitCode | DiffExitCode> {
  let exitCode: ExitCode | DiffExitCode = 0;
  const program = createProgram(calledAs, context).description(
    'The rules that decide which coupon is pushed to whom, and when.',
  );

  program
    .command('check')
    .description('validates a file; prints every problem with line and column; exit code 1 if there are any')
    .argument('<file>', 'YAML or JSON')
    .action(async (file: string) => {
      exitCode = await check(file, context);
    });
  program
    .command('test')
    .description(
      'tries the examples beside a file; prints what differs; exit code 1 if any does, or there are none',
    )
    .argument('<file>', 'YAML or JSON')
    .argument('[tests]', 'the examples; default: the extension replaced, default.test.yaml for default.yaml')
    .option('--only <pattern>', 'only examples whose name has this in it; * stands for anything')
    .option('--coverage', 'also what of the file no example shows, by line')
    .option('--mutate', 'also the changes of the file that no example notices')
    .option('--min <percent>', 'with --mutate: exit code 1 where fewer are noticed', percentOption)
    .option('--junit <report>', 'writes a JUnit report')
    .option('--json', 'prints JSON instead')
    .action(async (file: string, tests: string | undefined, options: TestOptions) => {
      exitCode = await test(file, tests ?? testsFileOf(file), options, context);
    });
  addHistoryCommands(program, context, (code) => {
    exitCode = code;
  });
  program
    .command('record')
    .description('writes what decisions saw to a file, which `simulate` replays; needs KAFKA_DECISION_TOPIC')
    .requiredOption(
      '--since <time>',
      'from then on: a duration back from now, such as 24h, or RFC 3339',
      momentOption,
    )
    .option('--until <time>', 'up to then; default: now', momentOption)
    .requiredOption('--out <file>', 'one JSON line a decision; packed where the name ends in .gz')
    .option('--force', 'replace the file where it exists', false)
    .option('--users <percent>', 'only this share of users, the same ones each time', percentOption, 100)
    .option('--json', 'say what was written as JSON', false)
    .action(async (options: RecordFlags) => {
      const { since: sinceMs, until: untilMs, users: usersPercent, ...others } = options;
      exitCode = await record({ sinceMs, untilMs, usersPercent, ...others }, context);
    });

  program
    .command('simulate')
    .description('what the rules would have done on recorded decisions, beside what the live ones did')
    .argument('<file>', 'YAML or JSON')
    .requiredOption('--recording <file>', 'what `rules record` wrote')
    .option('--against <file>', 'compares with these rules, in place of what pods did')
    .option('--nothing-before', 'nobody had a push before the recording began')
    .addOption(new Option('--json', 'everything, with the ids of all events behind each number'))
    .addOption(new Option('--markdown', 'a comment for a pull request').conflicts('json'))
    .option('--max-change <percent>', 'exit code 1 where pushes may change by more', changeOption)
    .addHelpText('after', SIMULATE_HELP)
    .action(async (file: string, options: SimulateOptions) => {
      const { simulate } = await import('./simulate.ts');
      exitCode = await simulate(file, options, context);
    });

  program
    .command('explain')
    .description('one event through every check, with its values, and what would have had to differ')
    .argument('<file>', 'YAML or JSON')
    .option('--event <file>', 'an event as producers send it, or a situation as examples write it')
    .option('--only <name>', 'of a file of examples: part of the name of one')
    .option('--at <moment>', 'when the event is decided; default: when it occurred')
    .option('--merchants <file>', 'the merchants document')
    .option('--recording <file>', 'what `rules record` wrote, with --event-id')
    .option('--event-id <id>', 'a recorded event; without --recording from KAFKA_DECISION_TOPIC')
    .option('--user <id>', 'whose event it is')
    .option('--since <time>', 'reads the topic no further back: 24h, or RFC 3339', momentOption)
    .option('--nothing-before', 'nobody had a push before the records began')
    .option('--coupon <id>', 'shows only this coupon')
    .option('--json', 'prints JSON instead')
    .addHelpText('after', EXPLAIN_HELP)
    .action(async (file: string, options: ExplainOptions) => {
      const { explain } = await import('./explain.ts');
      exitCode = await explain(file, options, context);
    });

  return (await runProgram(program, args, context)) ?? exitCode;
}

interface RecordFlags {
  readonly since: number;
  readonly until?: number;
  readonly out: string;
  readonly force: boolean;
  readonly users: number;
  readonly json: boolean;
}

function percentOption(text: string): number {
  const percent = /^\d{1,3}(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!(percent > 0 && percent <= 100)) throw new InvalidArgumentError('Expected more than 0, at most 100.');
  return percent;
}

const SIMULATE_HELP = `
What the recording can't say is counted apart, never guessed. Exit codes: 0 done; 1 the
files can't be used, or pushes may change by more than --max-change. Needs no variables.`;

const EXPLAIN_HELP = `
Why did this user get nothing?

  rules explain rules/default.yaml --event event.json
  rules explain rules/default.yaml --event rules/default.test.yaml --only 'at night'
  rules explain rules/default.yaml --event-id e-42 --user u-7 --since 24h

Signs: ✓ passed, ✗ stopped it, · not asked, ? not known. Exit codes: 0 explained; 1 a file can't be
used, or there is no such event; 78 a variable is missing. Files need no variables, the topic needs
KAFKA_BROKERS, the login at Kafka and KAFKA_DECISION_TOPIC.`;

function changeOption(text: string): number {
  const percent = Number(text);
  if (text.trim() === '' || !(percent >= 0)) throw new InvalidArgumentError('Expected a number from 0.');
  return percent;
}
