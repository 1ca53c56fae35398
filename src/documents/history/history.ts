/**
 * A document's history, read: which documents were live, and which is. Under `<key>.history/` lie the documents' exact
 * bytes by their hash, an entry for each time that one became live, and a mark beside the entry once that is sure.
 * Nothing there is ever changed or deleted. `replace-document.ts` says in which order all that is written.
 */
import { hashDocument } from '../../domain/document-hash.ts';
import type { ObjectStore, StoredObject } from '../object-store.ts';
import { entryOfLive, readListing, type ListedEntry } from './entry-name.ts';
import { parseEntry, type HistoryEntry } from './entry.ts';

export interface LiveDocument extends StoredObject {
  /** See document-hash.ts. */
  readonly hash: string;
}

export interface Listing {
  /** Newest first; those that never became live as well. */
  readonly entries: readonly ListedEntry[];
  /** Undefined where there is no document. */
  readonly live: LiveDocument | undefined;
  /** The live document's; undefined where it was put there by other means. */
  readonly current: ListedEntry | undefined;
  /** Those that became live, newest first. */
  readonly past: readonly ListedEntry[];
}

/** Every method rejects with a readable error where S3 is away, or where an object is not what it should be. */
export interface History {
  list(): Promise<Listing>;
  entry(name: string): Promise<HistoryEntry>;
  /** @throws Error where they are gone or others. */
  bytesOf(hash: string): Promise<Uint8Array>;
}

/** Where a document's history lies. */
export interface HistoryPlace {
  readonly store: ObjectStore;
  /** Of the document. */
  readonly key: string;
}

export const historyPrefix = (key: string): string => `${key}.history/`;

/** The bytes' place: by hash, with the document's own ending. */
export function bytesKey(key: string, hash: string): string {
  const ending = /\.[a-z0-9]{1,8}$/i.exec(key)?.[0] ?? '';
  return `${historyPrefix(key)}${hash}${ending}`;
}

export async function readLive({ store, key }: HistoryPlace): Promise<LiveDocument | undefined> {
  const found = await store.read(key);
  return found && { ...found, hash: hashDocument(found.bytes) };
}

export async function listEntries({ store, key }: HistoryPlace): Promise<readonly ListedEntry[]> {
  const prefix = historyPrefix(key);
  return readListing(await store.list(prefix), prefix);
}

export async function readEntry({ store, key }: HistoryPlace, name: string): Promise<HistoryEntry> {
  const entryKey = `${historyPrefix(key)}${name}.json`;
  const found = await store.read(entryKey);
  if (found === undefined) throw new Error(`${entryKey} is gone`);
  return parseEntry(found.bytes, entryKey);
}

export function openHistory(place: HistoryPlace): History {
  const { store, key } = place;
  return {
    async list() {
      // The document first: its entry was written before it.
      const live = await readLive(place);
      const entries = await listEntries(place);
      const current = live && entryOfLive(entries, live.hash);
      const past = entries.filter((entry) => entry.state === 'live' || entry === current);
      return { entries, live, current, past };
    },
    entry: (name) => readEntry(place, name),
    async bytesOf(hash) {
      const at = bytesKey(key, hash);
      const found = await store.read(at);
      if (found === undefined) throw new Error(`the history has no bytes of ${hash}: ${at} is gone`);
      if (hashDocument(found.bytes) !== hash) throw new Error(`${at} holds other bytes than its name says`);
      return found.bytes;
    },
  };
}
