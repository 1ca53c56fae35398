/** A document of the history by what a person calls it: its version, its hash or the hash's first digits. */
import type { HistoryEntry } from '../../documents/history/entry.ts';
import { versionTagOf, type ListedEntry } from '../../documents/history/entry-name.ts';
import type { History, Listing } from '../../documents/history/history.ts';
import { versionOf } from './open-rules.ts';

export interface Past {
  readonly version: string | undefined;
  readonly hash: string;
  readonly bytes: Uint8Array;
  /** Undefined: it is live and was put there by other means, so that it has none yet. */
  readonly entry: HistoryEntry | undefined;
}

const HASH = /^[0-9a-f]{4,12}$/;

/** @throws Error that says what there is instead. */
export async function findPast(wanted: string, listing: Listing, history: History): Promise<Past> {
  const { live, current, past } = listing;
  const found = new Map<string, ListedEntry | undefined>();
  if (live !== undefined && current === undefined && isCalled(wanted, live.hash, versionOf(live.bytes))) {
    found.set(live.hash, undefined);
  }
  const tag = versionTagOf(wanted);
  for (const listed of past) {
    if (found.has(listed.hash)) continue;
    const isOne = listed.versionTag === tag && (await history.entry(listed.name)).version === wanted;
    if (isOne || isCalled(wanted, listed.hash, undefined)) found.set(listed.hash, listed);
  }
  const [one, ...others] = [...found];
  if (one === undefined)
    throw new Error(`no version and no hash ${wanted} was ever live; \`log\` lists those that were`);
  if (others.length > 0) {
    throw new Error(
      `${wanted} is not the only one: give one of these hashes: ${[...found.keys()].join(', ')}`,
    );
  }
  const [hash, listed] = one;
  if (listed !== undefined) return readPast(listed, history);
  return {
    version: live && versionOf(live.bytes),
    hash,
    bytes: live?.bytes ?? Buffer.alloc(0),
    entry: undefined,
  };
}

/** @returns the last one that was live before the document that is, with other bytes; undefined where there is none. */
export async function findBefore({ live, past }: Listing, history: History): Promise<Past | undefined> {
  const before = past.find(({ hash }) => hash !== live?.hash);
  return before && readPast(before, history);
}

async function readPast({ name, hash }: ListedEntry, history: History): Promise<Past> {
  const [entry, bytes] = await Promise.all([history.entry(name), history.bytesOf(hash)]);
  return { version: entry.version ?? undefined, hash, bytes, entry };
}

function isCalled(wanted: string, hash: string, version: string | undefined): boolean {
  return wanted === version || (HASH.test(wanted) && hash.startsWith(wanted));
}
