/** `diff FILE [--against VERSION]`: the difference from the live document, or from one that was live, in words. */
import { findPast } from './find-past.ts';
import { rulesOf, withRules } from './open-rules.ts';
import type { CommandContext } from './ports.ts';
import { readRulesFile } from './rules-file.ts';
import { readSettings } from '../settings.ts';
import { S3_VARIABLES } from './settings.ts';
import { describeDifferences } from './words/differences.ts';
import { errorText } from '../../runtime/error-text.ts';

export interface DiffOptions {
  readonly against?: string;
  readonly json?: true;
}

/** As diff(1): 0 both say the same, 1 they differ, 2 they can't be compared; 78 the environment is not enough. */
export type DiffExitCode = 0 | 1 | 2 | 78;

export async function diff(
  path: string,
  { against, json }: DiffOptions,
  context: CommandContext,
): Promise<DiffExitCode> {
  const { say, complain } = context;
  const file = await readRulesFile(path, context);
  if (file === undefined) return 2;
  const settings = readSettings(S3_VARIABLES, context);
  if (settings === undefined) return 78;
  try {
    return await withRules(settings, context, async ({ uri, history }) => {
      const listing = await history.list();
      const other = against === undefined ? listing.live : await findPast(against, listing, history);
      if (other === undefined) {
        complain(`${uri}: there is no document yet, all of ${path} is new`);
        return 1;
      }
      const before = rulesOf(other.bytes);
      const name = against ?? 'the live document';
      if (before === undefined) {
        complain(`${name} (${other.hash}) is not valid: there is nothing to compare with`);
        return 2;
      }
      const differences = describeDifferences(before.document, file.document);
      if (json === true) {
        const sides = { before: nameOf(before.rules), after: nameOf(file.rules) };
        say(JSON.stringify({ ...sides, differences }, undefined, 2));
      } else {
        for (const { words } of differences) say(words);
        if (differences.length === 0) {
          const same =
            other.hash === file.rules.hash ? 'the same bytes' : 'only comments and spelling differ';
          say(`no difference from ${name} (${other.hash}): ${same}`);
        }
      }
      return differences.length === 0 ? 0 : 1;
    });
  } catch (error) {
    complain(errorText(error));
    return 2;
  }
}

function nameOf({ version, hash }: { readonly version: string; readonly hash: string }) {
  return { version, hash };
}
