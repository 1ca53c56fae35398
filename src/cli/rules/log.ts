/** `log`: the documents that were live, newest first: who put which there, when and why, and which is live now. */
import type { HistoryEntry } from '../../documents/history/entry.ts';
import type { History, Listing } from '../../documents/history/history.ts';
import { errorText } from '../../runtime/error-text.ts';
import { rulesOf, versionOf, withRules } from './open-rules.ts';
import type { CommandContext, ExitCode } from './ports.ts';
import { sayFlag, sayTime } from './say-history.ts';
import { readSettings } from '../settings.ts';
import { connect, REDIS_VARIABLES, S3_VARIABLES } from './settings.ts';

export interface LogOptions {
  readonly json?: true;
  /** Most entries. */
  readonly limit: number;
}

/** An entry as `--json` prints it. */
interface Line extends Omit<HistoryEntry, 'v' | 'number'> {
  readonly live: boolean;
}

const AT_ONCE = 8;

export async function log({ json, limit }: LogOptions, context: CommandContext): Promise<ExitCode> {
  const settings = readSettings(S3_VARIABLES, context);
  if (settings === undefined) return 78;
  return withRules<ExitCode>(settings, context, async ({ uri, history }) => {
    const listing = await history.list();
    const lines = await readLines(listing, limit, history);
    const known = listing.past.length + (isFound(listing) ? 1 : 0);
    if (json === true) {
      context.say(JSON.stringify(lines, undefined, 2));
    } else {
      for (const line of lines) context.say(formatLine(line));
      if (known > lines.length)
        context.say(`and ${String(known - lines.length)} older: --limit ${String(known)}`);
      if (known === 0) context.say(`${uri}: nothing was live yet`);
    }
    await sayUnfinished(listing, history, context);
    await sayHeldBack(listing, context);
    return 0;
  });
}

const isFound = ({ live, current }: Listing): boolean => live !== undefined && current === undefined;

async function readLines(listing: Listing, limit: number, history: History): Promise<readonly Line[]> {
  const { live, current, past } = listing;
  const lines: Line[] = [];
  if (live !== undefined && isFound(listing)) {
    lines.push({
      ...{ version: versionOf(live.bytes) ?? null, hash: live.hash, bytes: live.bytes.length, by: null },
      at: new Date(live.modifiedAtMs).toISOString(),
      ...{ note: null, how: { kind: 'found' }, replaced: null, live: true },
    });
  }
  const wanted = past.slice(0, limit - lines.length);
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    const some = wanted.slice(from, from + AT_ONCE);
    const read = some.map(async (listed) => {
      const { v: _v, number: _number, ...entry } = await history.entry(listed.name);
      return { ...entry, live: listed === current };
    });
    lines.push(...(await Promise.all(read)));
  }
  return lines;
}

function formatLine({ version, hash, at, by, note, how, live }: Line): string {
  const what =
    how.kind === 'upload' ? '' : how.kind === 'found' ? '(put there by other means)' : '(rollback)';
  const parts = [
    live ? '* live' : '      ',
    version ?? '(no version)',
    hash,
    sayTime(at),
    by ?? 'nobody knows who',
  ];
  return [...parts, ...[note ?? '', what].filter((part) => part !== '')].join('  ');
}

/** What was begun and never became live is no part of the history; whoever began it may look for it here. */
async function sayUnfinished({ entries, current }: Listing, history: History, { complain }: CommandContext) {
  const [last] = entries;
  if (last?.state !== 'pending' || last === current) return;
  const { version, by, at } = await history.entry(last.name);
  complain(
    `the upload of version ${version ?? ''} (${last.hash}) that ${by ?? 'somebody'} began on ${sayTime(at)} has not become live`,
  );
}

/** Only where the environment names Redis: the history needs none. */
async function sayHeldBack({ live }: Listing, context: CommandContext): Promise<void> {
  const { env, complain } = context;
  if ((env['REDIS_URL'] ?? '') === '') return;
  const settings = readSettings(REDIS_VARIABLES, context);
  if (settings === undefined) return;
  try {
    const fleet = await connect(settings, context);
    try {
      const flag = await fleet.killSwitch.read();
      if (flag === undefined) return;
      const isEnabled = live !== undefined && rulesOf(live.bytes)?.rules.enabled === true;
      const document = isEnabled ? ', while the live document says enabled: true' : '';
      complain(`the kill switch in Redis holds all pushes back${document}: it was ${sayFlag(flag)}`);
    } finally {
      await fleet.close();
    }
  } catch (error) {
    complain(`whether the kill switch is set is not known: ${errorText(error)}`);
  }
}
