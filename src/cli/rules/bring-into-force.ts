/**
 * From a document to rules in force everywhere. The order is what keeps it safe. A kill switch is set before anything
 * else can fail, and lifted only once the document that lifts it is live. The document is written only over the one that
 * was compared, with its entry in the history (`documents/history/replace-document.ts`). Last, every pod reports its hash.
 */
import type { HistoryEntry } from '../../documents/history/entry.ts';
import type { LiveDocument } from '../../documents/history/history.ts';
import { replaceDocument, type Replaced } from '../../documents/history/replace-document.ts';
import { freeVersion, takenBy } from '../../documents/history/versions.ts';
import { errorText } from '../../runtime/error-text.ts';
import { versionOf, type RulesInS3 } from './open-rules.ts';
import type { CommandContext, ExitCode, Fleet } from './ports.ts';
import type { RulesFile } from './rules-file.ts';
import { sayFlag, sayUpload } from './say-history.ts';
import { waitForPods } from './wait-for-pods.ts';

export interface Wish {
  readonly file: RulesFile;
  readonly how: HistoryEntry['how'];
  readonly by: string;
  /** Undefined: nobody said why, so that no change is uploaded. */
  readonly note: string | undefined;
  /** How long pods are waited for. */
  readonly timeoutMs: number;
  /** Shows what would change, and tries it. @returns false after saying why it must not be uploaded. */
  readonly mayReplace: (live: LiveDocument | undefined) => Promise<boolean>;
}

export async function bringIntoForce(
  wish: Wish,
  rules: RulesInS3,
  fleet: Fleet,
  context: CommandContext,
): Promise<ExitCode> {
  const { say, complain } = context;
  const { version, enabled, hash } = wish.file.rules;
  if (!enabled) {
    await forbid(wish, fleet);
    say('kill switch set: no pod sends anything from now on');
  }
  const isLive = await put(wish, rules, context).catch((error: unknown) => {
    complain(`${rules.uri}: ${errorText(error)}`);
    return false;
  });
  if (!enabled) {
    // Whoever uploaded in between may have lifted it.
    await forbid(wish, fleet);
    if (!isLive) {
      complain('the kill switch stays set; upload again, or upload rules with enabled: true to lift it');
    }
  }
  if (!isLive) {
    if (enabled) await warnOfFlag(fleet, context);
    return 1;
  }
  if (enabled) await lift(fleet, context);

  const { live, behind, tookMs } = await waitForPods(fleet, { version, hash }, wish.timeoutMs);
  if (behind.length === 0) {
    const took = `after ${(tookMs / 1000).toFixed(1)} s`;
    say(live === 0 ? 'no pod is running' : `in force in all ${String(live)} live pods ${took}`);
    return 0;
  }
  complain(
    `${String(behind.length)} of ${String(live)} live pods have not reported version ${version} (${hash}) within ${String(wish.timeoutMs / 1000)} s; they will load it by themselves:`,
  );
  for (const { pod, rulesVersion, rulesHash } of behind) {
    const has = rulesVersion === undefined ? 'no rules' : `${rulesVersion} (${rulesHash ?? 'hash unknown'})`;
    complain(`  ${pod}: has ${has}`);
  }
  return 1;
}

async function forbid({ file, by, note }: Wish, { killSwitch }: Fleet): Promise<void> {
  const why = `rules ${file.rules.version}${note === undefined ? '' : `: ${note}`}`;
  const isSet = (await killSwitch.read().catch(() => undefined))?.why === why;
  if (!isSet) await killSwitch.set({ why, by, since: new Date().toISOString() });
}

async function lift({ killSwitch }: Fleet, { say }: CommandContext): Promise<void> {
  try {
    const flag = await killSwitch.read();
    await killSwitch.lift();
    if (flag !== undefined) say(`kill switch lifted, pushes go out again: it was ${sayFlag(flag)}`);
  } catch (error) {
    throw new Error(
      `the document is live, but the kill switch in Redis could not be lifted: ${errorText(error)}; upload the file again`,
      { cause: error },
    );
  }
}

/** Nothing was uploaded, and perhaps nothing is pushed: the editor should know. */
async function warnOfFlag({ killSwitch }: Fleet, { complain }: CommandContext): Promise<void> {
  const flag = await killSwitch.read().catch(() => undefined);
  if (flag !== undefined) complain(`the kill switch in Redis holds all pushes back: it was ${sayFlag(flag)}`);
}

/** @returns whether the document is live now; false after saying why not. */
async function put(wish: Wish, rules: RulesInS3, context: CommandContext): Promise<boolean> {
  const { say, complain } = context;
  const { uri, place, history } = rules;
  const { version, hash } = wish.file.rules;
  const { live, entries, current } = await history.list();
  if (live === undefined) say(`${uri}: there is no document yet`);
  const bytes = Buffer.from(wish.file.text);
  if (live?.hash !== hash) {
    if (wish.note === undefined) {
      complain('nothing was uploaded: say why it changes, with --note TEXT');
      return false;
    }
    const known = entries.map((entry) => (entry === current ? { ...entry, state: 'live' as const } : entry));
    const taken = await takenBy(version, hash, known, (name) => history.entry(name));
    if (taken !== undefined) return sayTaken(taken, freeVersion(version, entries), context);
    // It has no entry yet: it was put there by other means.
    if (live !== undefined && current === undefined && versionOf(live.bytes) === version) {
      const free = freeVersion(version, entries);
      complain(
        `version ${version} is live with other bytes, uploaded by other means; a version's name is used once: nothing was uploaded. The next free one is ${free}`,
      );
      return false;
    }
    if (!(await wish.mayReplace(live))) return false;
  }
  const { by, how, note = '' } = wish;
  const replaced = await replaceDocument(
    { ...{ bytes, version, by, how }, note },
    { ...place, expected: live, versionOf },
  );
  return sayReplaced(replaced, wish, uri, context);
}

function sayReplaced(
  replaced: Replaced,
  { file: { rules } }: Wish,
  uri: string,
  context: CommandContext,
): boolean {
  const { say, complain } = context;
  switch (replaced.kind) {
    case 'unchanged':
      say(`${uri}: version ${rules.version} (${rules.hash}) is live already`);
      return true;
    case 'live':
      say(`${uri}: version ${rules.version} (${rules.hash}) uploaded`);
      if (!replaced.isMarked) {
        complain(
          'S3 failed right after that: the entry in the history is there, and the next upload marks it',
        );
      }
      return true;
    case 'conflict':
      complain(
        `${uri} has been changed by somebody else in the meantime; nothing was uploaded. Look at the difference and upload again.`,
      );
      return false;
    case 'taken':
      return sayTaken(replaced.by, replaced.free, context);
    case 'busy':
      complain(
        `another upload is just replacing the document that this one would bring back: ${sayUpload(replaced.by)}; nothing was uploaded, try again in a minute`,
      );
      return false;
    case 'unconditional':
      complain(
        `${uri}: this S3 writes whatever the condition, so two editors could overwrite each other; nothing was uploaded`,
      );
      return false;
  }
}

function sayTaken(entry: HistoryEntry, free: string, { complain }: CommandContext): false {
  complain(
    `version ${entry.version ?? ''} was live with other bytes: ${sayUpload(entry)}; a version's name is used once: nothing was uploaded. The next free one is ${free}`,
  );
  return false;
}
