/** `check FILE`: every problem at once, else a summary of what was understood. Needs no service. */
import type { CommandContext, ExitCode } from './ports.ts';
import { readRulesFile } from './rules-file.ts';
import { summarize } from './summary.ts';

export async function check(file: string, context: CommandContext): Promise<ExitCode> {
  const read = await readRulesFile(file, context);
  if (read === undefined) return 1;
  context.say(`${file}: valid`);
  for (const line of summarize(read.document)) context.say(`  ${line}`);
  return 0;
}
