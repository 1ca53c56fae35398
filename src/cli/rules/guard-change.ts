/**
 * What stands between a valid document and its upload: the difference in words, the examples beside the file, and, with
 * a recording, what the change would have done. Rules that push nothing by `enabled: false` are not tried: stopping is
 * never refused.
 */
import type { LiveDocument } from '../../documents/history/history.ts';
import { judgeChange } from './judge-change.ts';
import { rulesOf, textOf } from './open-rules.ts';
import type { CommandContext } from './ports.ts';
import type { RulesFile } from './rules-file.ts';
import { describeDifferences } from './words/differences.ts';

export interface GuardOptions {
  /** A change that the recording speaks against is uploaded nevertheless. */
  readonly accept?: boolean;
  /** A file of `record`. */
  readonly recording?: string;
}

export interface Candidate {
  readonly file: RulesFile;
  /** Undefined where it comes from the history. */
  readonly path: string | undefined;
}

/** @returns false after saying why the change must not be uploaded. */
export async function guardChange(
  { file, path }: Candidate,
  live: LiveDocument | undefined,
  options: GuardOptions,
  context: CommandContext,
): Promise<boolean> {
  if (live !== undefined) sayChanges(file, live, context);
  if (!file.rules.enabled) {
    context.say('enabled: false pushes nothing: neither examples nor a recording are tried');
    return true;
  }
  if (path !== undefined && !(await examplesHold(path, context))) return false;
  return options.recording === undefined || (await holdsOnRecording(file, live, options, context));
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

async function examplesHold(path: string, context: CommandContext): Promise<boolean> {
  const hold = await context.tryExamples?.(path, context);
  if (hold === undefined) context.say('no examples are tried: there are none beside the file');
  if (hold === false) context.complain('nothing was uploaded: an example does not hold');
  return hold !== false;
}

async function holdsOnRecording(
  { text }: RulesFile,
  live: LiveDocument | undefined,
  { recording = '', accept = false }: GuardOptions,
  context: CommandContext,
): Promise<boolean> {
  if (context.compareOnRecording === undefined) throw new Error('recordings can not be replayed here');
  const isValid = live !== undefined && rulesOf(live.bytes) !== undefined;
  const change = await context.compareOnRecording({
    candidate: text,
    live: isValid ? textOf(live.bytes) : undefined,
    recordingFile: recording,
  });
  const { told, objections } = judgeChange(change);
  context.say(told);
  for (const objection of objections) context.complain(`  ${objection}`);
  if (objections.length === 0) return true;
  if (accept) {
    context.say('it is uploaded nevertheless: --accept');
    return true;
  }
  context.complain('nothing was uploaded: the recording speaks against it; --accept uploads nevertheless');
  return false;
}
