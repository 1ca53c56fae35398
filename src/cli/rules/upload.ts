/** `upload FILE --note TEXT`: checks a file, shows and tries the change, and brings it into force everywhere. */
import { bringIntoForce } from './bring-into-force.ts';
import { editorOf } from '../editor.ts';
import { guardChange, type GuardOptions } from './guard-change.ts';
import { withRules } from './open-rules.ts';
import type { CommandContext, ExitCode } from './ports.ts';
import { readRulesFile } from './rules-file.ts';
import { readSettings } from '../settings.ts';
import { connect, REDIS_VARIABLES, S3_VARIABLES } from './settings.ts';

export interface UploadOptions extends GuardOptions {
  readonly note?: string;
  readonly by?: string;
  /** How long pods are waited for, ms. */
  readonly timeout: number;
}

export async function upload(
  path: string,
  options: UploadOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const file = await readRulesFile(path, context);
  if (file === undefined) return 1;
  const settings = readSettings([...S3_VARIABLES, ...REDIS_VARIABLES], context);
  if (settings === undefined) return 78;
  const fleet = await connect(settings, context);
  try {
    return await withRules(settings, context, (rules) =>
      bringIntoForce(
        {
          ...{ file, how: { kind: 'upload' }, by: editorOf(options.by, context), note: options.note },
          timeoutMs: options.timeout,
          mayReplace: (live) => guardChange({ file, path }, live, options, context),
        },
        rules,
        fleet,
        context,
      ),
    );
  } finally {
    await fleet.close();
  }
}
