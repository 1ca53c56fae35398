/**
 * What the name of a history's object says, so that a listing alone tells the order, the documents and which of them
 * were live: `000042-5f2b90aa-9f86d081884c-k3x9.json` is entry 42, of a version, of bytes, and of one upload. Beside it
 * `….live` or `….withdrawn` says how it ended.
 */
import { createHash } from 'node:crypto';
import type { ListedObject } from '../object-store.ts';

/** `pending`: the document was about to be written; whether it was, what is live tells. */
export type EntryState = 'pending' | 'live' | 'withdrawn';

export interface EntryName {
  /** Without its ending. */
  readonly name: string;
  /** From 1, in the order in which documents became live. */
  readonly number: number;
  readonly versionTag: string;
  /** See document-hash.ts. */
  readonly hash: string;
}

export interface ListedEntry extends EntryName {
  readonly state: EntryState;
  /** By S3's clock: when the entry was written. */
  readonly writtenAtMs: number;
}

const NAME = /^((\d{6,15})-([0-9a-f]{8})-([0-9a-f]{12})-[a-z0-9]+)\.(json|live|withdrawn)$/;

export function entryName(number: number, version: string, hash: string, mark: string): EntryName {
  const versionTag = versionTagOf(version);
  return {
    name: `${String(number).padStart(6, '0')}-${versionTag}-${hash}-${mark}`,
    ...{ number, versionTag, hash },
  };
}

/** Two versions may have one tag: only the entry says for sure. */
export function versionTagOf(version: string): string {
  return createHash('sha256').update(version).digest('hex').slice(0, 8);
}

/** @returns newest first. Other objects under the prefix are passed over. */
export function readListing(objects: readonly ListedObject[], prefix: string): readonly ListedEntry[] {
  const entries = new Map<string, EntryName & { readonly writtenAtMs: number }>();
  const ends = new Map<string, EntryState>();
  for (const { key, modifiedAtMs } of objects) {
    const match = NAME.exec(key.slice(prefix.length));
    if (match === null) continue;
    const [, name = '', number = '', versionTag = '', hash = '', ending] = match;
    if (ending === 'json') {
      entries.set(name, { name, number: Number(number), versionTag, hash, writtenAtMs: modifiedAtMs });
    } else if (ends.get(name) !== 'withdrawn') {
      // Who withdraws knows it; another may have taken the entry for that of a twin.
      ends.set(name, ending === 'live' ? 'live' : 'withdrawn');
    }
  }
  return [...entries.values()]
    .map((entry) => ({ ...entry, state: ends.get(entry.name) ?? 'pending' }))
    .toSorted((a, b) => b.number - a.number || (a.name < b.name ? 1 : -1));
}

/**
 * The entry of the document that is live now: the last one marked, or else the newest pending one of these bytes.
 *
 * @param entries newest first.
 * @returns undefined where somebody else has put the document there.
 */
export function entryOfLive(entries: readonly ListedEntry[], liveHash: string): ListedEntry | undefined {
  const last = entries.find(({ state }) => state === 'live');
  if (last?.hash === liveHash) return last;
  return entries.find(({ state, hash }) => state === 'pending' && hash === liveHash);
}
