/** A command as somebody runs it in a terminal: what it says, what it complains of, and its exit code. */
import type { Command, CommandLine } from '../../../src/cli/command.ts';

export interface Answer {
  readonly code: number;
  readonly said: string;
  readonly complained: string;
}

/** @throws what the command rejects with. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  { env }: Pick<CommandLine, 'env'>,
): Promise<Answer> {
  const said: string[] = [];
  const complained: string[] = [];
  const line = {
    env,
    say: (text: string) => void said.push(text),
    complain: (text: string) => void complained.push(text),
  };
  const code = await command(args, line, 'command');
  return { code, said: said.join('\n'), complained: complained.join('\n') };
}
