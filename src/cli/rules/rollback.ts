/**
 * `rollback [VERSION]`: a document that was live is live again, as a new upload with its own entry and the same guard. The
 * one before by default, so that a second rollback takes the first one back.
 */
import { parseRules } from '../../rules/document/parse-rules.ts';
import { bringIntoForce } from './bring-into-force.ts';
import { editorOf } from '../editor.ts';
import { findBefore, findPast, type Past } from './find-past.ts';
import { guardChange } from './guard-change.ts';
import { textOf, withRules } from './open-rules.ts';
import type { CommandContext, ExitCode } from './ports.ts';
import { formatProblem, type RulesFile } from './rules-file.ts';
import { readSettings } from '../settings.ts';
import { connect, REDIS_VARIABLES, S3_VARIABLES } from './settings.ts';
import type { UploadOptions } from './upload.ts';

export async function rollback(
  wanted: string | undefined,
  options: UploadOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const settings = readSettings([...S3_VARIABLES, ...REDIS_VARIABLES], context);
  if (settings === undefined) return 78;
  return withRules(settings, context, async (rules) => {
    const listing = await rules.history.list();
    const past =
      wanted === undefined
        ? await findBefore(listing, rules.history)
        : await findPast(wanted, listing, rules.history);
    if (past === undefined) {
      context.complain(`${rules.uri}: no other document was live before: nothing to go back to`);
      return 1;
    }
    const file = readPastRules(past, context);
    if (file === undefined) return 1;
    const { version } = file.rules;
    const liveVersion = listing.current && (await rules.history.entry(listing.current.name)).version;
    const fleet = await connect(settings, context);
    try {
      return await bringIntoForce(
        {
          file,
          how: { kind: 'rollback', to: { version, hash: past.hash, number: past.entry?.number ?? 0 } },
          by: editorOf(options.by, context),
          note:
            options.note ??
            `back to ${version}${typeof liveVersion === 'string' ? ` from ${liveVersion}` : ''}`,
          timeoutMs: options.timeout,
          mayReplace: (live) => guardChange({ file, path: undefined }, live, options, context),
        },
        rules,
        fleet,
        context,
      );
    } finally {
      await fleet.close();
    }
  });
}

/** What was valid once may not be any more: this version of the service knows other keys. */
function readPastRules({ bytes, hash }: Past, { say, complain }: CommandContext): RulesFile | undefined {
  const text = textOf(bytes);
  const parsed = parseRules(text ?? '');
  if (text !== undefined && parsed.ok) return { text, rules: parsed.rules, document: parsed.document };
  if (!parsed.ok) for (const problem of parsed.problems) say(formatProblem(hash, problem));
  complain(`${hash} is not valid by what this version of the command knows; nothing was uploaded`);
  return undefined;
}
