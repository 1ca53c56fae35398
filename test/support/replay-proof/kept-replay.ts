/** What the proof of `dead-letters replay` saw, as it is kept for the table of deploy/README.md. */
import { readFile, writeFile } from 'node:fs/promises';

const REPLAY_FILE = '.readme/replay.json';

export interface KeptReplay {
  readonly letters: number;
  /** Reason → letters. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly pods: number;
  readonly seed: number;
  readonly kills: number;
  /** Letters that were back when a command was killed, each for itself. */
  readonly backAtKill: readonly number[];
  readonly fates: readonly KeptFate[];
  readonly missing: number;
  readonly twice: number;
  readonly pushes: number;
  readonly pushedTwice: number;
  /** Bytes of all headers of a letter, largest: the first time, and each time that it came back. */
  readonly headerBytes: readonly number[];
  /** Without a kill, the start of the command included. */
  readonly rate: { readonly letters: number; readonly perSecond: number };
  readonly machine: string;
}

export interface KeptFate {
  /** In the words of `replay --dry-run`. */
  readonly foretold: string;
  readonly letters: number;
  /** Outcome → letters, of those. */
  readonly became: Readonly<Record<string, number>>;
  /** Letters that became something else. */
  readonly otherwise: number;
}

export async function readReplay(): Promise<KeptReplay> {
  return JSON.parse(await readFile(REPLAY_FILE, 'utf8')) as KeptReplay;
}

export async function keepReplay(kept: KeptReplay): Promise<void> {
  await writeFile(REPLAY_FILE, `${JSON.stringify(kept, null, 2)}\n`);
}
