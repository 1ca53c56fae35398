/** What stands between a valid document and its upload: the difference from the live one, in words. */
import type { LiveDocument } from '../../documents/history/history.ts';
import { rulesOf } from './open-rules.ts';
import type { CommandContext } from './ports.ts';
import type { RulesFile } from './rules-file.ts';
import { describeDifferences } from './words/differences.ts';

/** @returns false after saying why the change must not be uploaded. */
export async function guardChange(
  file: RulesFile,
  live: LiveDocument | undefined,
  context: CommandContext,
): Promise<boolean> {
  if (live !== undefined) sayChanges(file, live, context);
  return true;
}

function sayChanges({ document }: RulesFile, live: LiveDocument, { say }: CommandContext): void {
  const before = rulesOf(live.bytes);
  if (before === undefined) {
    say('the live document is not valid and is replaced');
    return;
  }
  const differences = describeDifferences(before.document, document);
  say(differences.length === 0 ? 'only comments and spelling differ from the live document' : 'changes:');
  for (const { words } of differences) say(`  ${words}`);
}
