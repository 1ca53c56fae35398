/**
 * The commands of `coupon-notifier`. A new command is a file that exports a {@link Command} and a line in
 * {@link COMMANDS}. The file is loaded when its command runs: a command loads only the libraries that it needs.
 */
import type { Command, CommandLine } from './command.ts';

interface ListedCommand {
  /** What `coupon-notifier --help` says. */
  readonly does: string;
  readonly load: () => Promise<Command>;
}

export type CommandList = Readonly<Record<string, ListedCommand>>;

const COMMANDS: CommandList = {
  rules: {
    does: 'checks, tests, compares and uploads the rules that decide which coupon is pushed to whom, and brings old ones back',
    load: async () => (await import('./rules/command.ts')).rulesCommand,
  },
  'dead-letters': {
    does: 'lists and shows events that could not be processed, puts them back, says what would become of them today',
    load: async () => (await import('./dead-letters/command.ts')).deadLettersCommand,
  },
  why: {
    does: 'what the service knows of one user, and why events became no push',
    load: async () => (await import('./why/command.ts')).whyCommand,
  },
  forget: {
    does: 'erases one user from Redis, and says what Kafka still holds',
    load: async () => (await import('./forget/command.ts')).forgetCommand,
  },
  capacity: {
    does: 'pods, partitions, calls, Redis and Kafka for a load, and what gives out first',
    load: async () => (await import('./capacity/command.ts')).capacityCommand,
  },
};

const BIN = 'coupon-notifier';

/**
 * @param args what stands after `coupon-notifier`.
 * @returns the exit code of the command; 1 where no command has that name, 0 after help that was asked for.
 */
export async function runCommand(
  args: readonly string[],
  line: CommandLine,
  commands: CommandList = COMMANDS,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    line.say(usage(commands));
    return 0;
  }
  const listed = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name === undefined || listed === undefined) {
    if (name !== undefined) line.complain(`error: unknown command '${name}'`);
    line.complain(usage(commands));
    return 1;
  }
  const command = await listed.load();
  return command(rest, line, calledAs(name, line.env));
}

/** npm tells a script's name to what it runs. */
function calledAs(name: string, env: CommandLine['env']): string {
  return env['npm_lifecycle_event'] === name ? `npm run ${name} --` : `${BIN} ${name}`;
}

function usage(commands: CommandList): string {
  const entries = Object.entries(commands);
  const width = Math.max(...entries.map(([name]) => name.length));
  return [
    `Usage: ${BIN} COMMAND [ARGUMENTS]`,
    '',
    ...entries.map(([name, { does }]) => `  ${name.padEnd(width)}  ${does}`),
    '',
    `\`${BIN} COMMAND --help\` says what a command takes.`,
  ].join('\n');
}
