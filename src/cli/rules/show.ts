/** `show [VERSION]`: the exact bytes of the live document, or of one that was live. */
import { findPast } from './find-past.ts';
import { withRules } from './open-rules.ts';
import type { CommandContext, ExitCode } from './ports.ts';
import { readSettings } from '../settings.ts';
import { S3_VARIABLES } from './settings.ts';

export async function show(wanted: string | undefined, context: CommandContext): Promise<ExitCode> {
  const settings = readSettings(S3_VARIABLES, context);
  if (settings === undefined) return 78;
  return withRules(settings, context, async ({ uri, history }) => {
    const listing = await history.list();
    const bytes =
      wanted === undefined ? listing.live?.bytes : (await findPast(wanted, listing, history)).bytes;
    if (bytes === undefined) {
      context.complain(`${uri}: there is no document`);
      return 1;
    }
    (context.write ?? toStdout)(bytes);
    return 0;
  });
}

function toStdout(bytes: Uint8Array): void {
  process.stdout.write(bytes);
}
