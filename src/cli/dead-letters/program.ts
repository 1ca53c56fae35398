/** The commands on dead letters: their options, their help, and what they open. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEAD_LETTER_REASONS } from '../../domain/outcome.ts';
import { systemClock } from '../../runtime/clock.ts';
import { namesOf } from '../../runtime/names-of.ts';
import type { CommandLine } from '../command.ts';
import { editorOf, oneLineOption } from '../editor.ts';
import { KAFKA_VARIABLES, kafkaConnection } from '../kafka-settings.ts';
import { countOption, momentOption } from '../options.ts';
import { createProgram, runProgram } from '../program.ts';
import { readSettings } from '../settings.ts';
import { connectDesk } from './connect-desk.ts';
import { dealWith, type Dealing } from './deal-with.ts';
import { isEmptyFilter, type Filter } from './filter.ts';
import { parseAddress, type LetterAddress } from './letter.ts';
import { list } from './list.ts';
import { log, type LogOptions } from './log.ts';
import type { Desk, ExitCode } from './ports.ts';
import { exitCodeOf, sayDealt } from './say-dealt.ts';
import { show } from './show.ts';

const EXIT_CODES = `
Exit codes: 0 done; 1 not done, or not all; 78 a variable is missing or wrong.
Needs KAFKA_BROKERS; KAFKA_DEAD_LETTER_TOPIC where it is not the default.`;

interface FilterFlags {
  readonly reason?: readonly string[];
  readonly partition?: readonly number[];
  readonly since?: number;
  readonly until?: number;
  readonly user?: string;
  readonly error?: string;
  readonly letter?: readonly LetterAddress[];
  readonly json?: true;
}

interface DealFlags extends FilterFlags {
  readonly note?: string;
  readonly by?: string;
  readonly rate?: number;
  readonly parked?: true;
  readonly dryRun?: true;
  readonly rules?: string;
  readonly all?: true;
}

/** @returns the exit code. Never rejects, never ends the process. */
export async function runDeadLettersCommand(
  args: readonly string[],
  line: CommandLine,
  calledAs: string,
  signal?: AbortSignal,
): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = createProgram(calledAs, line).description(
    'Dead letters: events that could not be processed. What they are, what becomes of them, and back.',
  );

  const atDesk = async (task: (desk: Desk) => Promise<ExitCode>): Promise<void> => {
    const settings = readSettings([...KAFKA_VARIABLES, 'KAFKA_DEAD_LETTER_TOPIC'], line);
    if (settings === undefined) {
      exitCode = 78;
      return;
    }
    const connection = kafkaConnection(settings, 'dead-letters');
    const desk = await connectDesk(connection, settings.KAFKA_DEAD_LETTER_TOPIC);
    try {
      exitCode = await task(desk);
    } finally {
      await desk.close();
    }
  };

  const deal = (desk: Desk, what: Dealing['what'], flags: DealFlags): Promise<ExitCode> => {
    const { progress } = line;
    const dealt = dealWith(desk, {
      ...{ what, filter: filterOf(flags), parked: flags.parked ?? false, rate: flags.rate },
      ...{ by: editorOf(flags.by, line), note: flags.note, clock: systemClock, ...(signal && { signal }) },
      onProgress: (done) => progress?.(`${done.toLocaleString('en')} letters`),
    });
    return dealt
      .finally(() => progress?.(''))
      .then((result) => {
        sayDealt(what, result, flags.json ?? false, line);
        return exitCodeOf(result);
      });
  };

  filtered(program.command('list'))
    .description('what is there, by reason and by what the errors have in common')
    .option('--all', 'also letters that were put back or discarded')
    .addHelpText('after', EXIT_CODES)
    .action((flags: FilterFlags & { readonly all?: true }) =>
      atDesk((desk) =>
        list(desk, { filter: filterOf(flags), all: flags.all ?? false, json: flags.json ?? false }, line),
      ),
    );
  program
    .command('show')
    .description('one letter: headers, where it came from, its bytes with a mark at the fault')
    .argument('<letter>', 'as `list` names it, such as 3:1204', addressOption)
    .option('--reveal', 'ids, coordinates and headers as they are')
    .option('--json', 'as JSON')
    .addHelpText('after', EXIT_CODES)
    .action((address: LetterAddress, flags: { readonly reveal?: true; readonly json?: true }) =>
      atDesk((desk) =>
        show(desk, { address, reveal: flags.reveal ?? false, json: flags.json ?? false }, line),
      ),
    );
  filtered(changing(program.command('replay')))
    .description('puts letters back where they came from: the original key and bytes, each letter once')
    .option('--rate <number>', 'at most so many a second', rateOption)
    .option('--parked', 'also letters that came back three times')
    .addOption(new Option('--dry-run', 'says what would become of each letter today, and puts none back'))
    .option('--rules <file>', 'with --dry-run: these rules, in place of the live ones')
    .addHelpText('after', REPLAY_HELP + EXIT_CODES)
    .action((flags: DealFlags) => {
      if (flags.rules !== undefined && flags.dryRun !== true)
        throw new Error('--rules goes with --dry-run: pods go by the live rules');
      return flags.dryRun === true ? foretell(flags) : atDesk((desk) => deal(desk, 'replay', flags));
    });
  filtered(changing(program.command('discard')))
    .description('marks letters as dealt with; they stay in the topic until its retention takes them')
    .option('--all', 'every letter that is open, where no other option says which')
    .addHelpText('after', EXIT_CODES)
    .action((flags: DealFlags) => {
      if (flags.all !== true && isEmptyFilter(filterOf(flags)))
        throw new Error('say which letters, or --all');
      return atDesk((desk) => deal(desk, 'discard', { ...flags, parked: true }));
    });
  program
    .command('log')
    .description('who put back or discarded what, newest first')
    .option('--limit <number>', 'most of them', countOption, 20)
    .option('--json', 'as JSON')
    .addHelpText('after', EXIT_CODES)
    .action(({ limit, json }: Pick<LogOptions, 'limit'> & { readonly json?: true }) =>
      atDesk((desk) => log(desk, { limit, json: json ?? false }, line)),
    );

  async function foretell(flags: DealFlags): Promise<void> {
    // Loaded when it is needed: it brings the pipeline along.
    const [{ openToday }, { dryRun }] = await Promise.all([import('./today.ts'), import('./dry-run.ts')]);
    const today = await openToday(flags.rules, line);
    if (typeof today === 'number') {
      exitCode = today;
      return;
    }
    const { parked = false, json = false } = flags;
    try {
      await atDesk((desk) => dryRun(desk, today, { filter: filterOf(flags), parked, json }, line));
    } finally {
      await today.close();
    }
  }

  return (await runProgram(program, args, line)) ?? exitCode;
}

const REPLAY_HELP = `
A kill at any moment loses nothing and puts nothing back twice: run it again. Two at once
are safe, too: the later one goes on, and the earlier one says so and ends.
--dry-run also needs RULES_S3_URI or --rules; it asks Redis where REDIS_URL is set.`;

function filtered(command: Command): Command {
  return command
    .addOption(new Option('--reason <reason...>', 'of these reasons').choices(namesOf(DEAD_LETTER_REASONS)))
    .option('--partition <number...>', 'from these partitions of the source topic', partitionsOption)
    .option('--since <time>', 'failed since: a duration back, such as 24h, or RFC 3339', momentOption)
    .option('--until <time>', 'failed before', momentOption)
    .option('--user <id>', 'of this user')
    .option('--error <text>', 'whose error, or what `list` says of it, has this in it')
    .option('--letter <letter...>', 'these letters, as `list` names them', addressesOption)
    .option('--json', 'as JSON');
}

function changing(command: Command): Command {
  return command
    .option('--note <text>', 'why; written down', oneLineOption)
    .option('--by <name>', 'who; default: the user and the machine', oneLineOption);
}

function filterOf({ since, until, reason, partition, user, error, letter }: FilterFlags): Filter {
  return { reason, partition, sinceMs: since, untilMs: until, user, error, letter };
}

function addressOption(text: string): LetterAddress {
  const address = parseAddress(text);
  if (address === undefined) throw new InvalidArgumentError('Expected partition:offset, such as 3:1204.');
  return address;
}

function addressesOption(text: string, before: readonly LetterAddress[] = []): readonly LetterAddress[] {
  return [...before, addressOption(text)];
}

function partitionsOption(text: string, before: readonly number[] = []): readonly number[] {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected the number of a partition.');
  return [...before, Number(text)];
}

function rateOption(text: string): number {
  const rate = /^\d{1,7}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
  if (!(rate > 0)) throw new InvalidArgumentError('Expected a number above 0.');
  return rate;
}
