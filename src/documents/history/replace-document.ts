/**
 * A new document in place of the live one, with its entry in the history. Killed at any moment, the old document is live,
 * or the new one with its entry; and of two editors one wins and the other is told. In this order:
 *
 * 1. The history is listed, then the document is read. It must still be the one that was compared.
 * 2. The live document's entry gets its `live` mark where that is missing. A document without an entry is taken in as
 *    `found`. So an entry whose document is not live any more has its mark, or never became live.
 * 3. The bytes are written under their hash, then the entry. Without a mark it is `pending`.
 * 4. The entry is written again under an ETag that it can't have. An S3 that takes it ignores conditions: no upload.
 * 5. The history is listed again. Two uploads that run at once each see the other's entry, or one has ended before.
 *    Now it is decided whether the version's name is free.
 * 6. The document is written over the ETag of step 1. This is the moment at which it becomes live.
 * 7. The entry gets its `live` mark; where the document was surely not written, the mark `withdrawn`.
 *
 * A death between 6 and 7 leaves a pending entry that names the live bytes: every reader counts it as live, and the next
 * upload marks it in step 2.
 *
 * An ETag tells bytes, not moments. An upload that stands between 5 and 6 would succeed if the very document that it
 * replaces came back meanwhile. So whoever would bring that back is refused in step 5 while the entry is younger than a
 * minute, and step 6 is not begun later than half a minute after step 3.
 */
import { randomBytes } from 'node:crypto';
import { hashDocument } from '../../domain/document-hash.ts';
import { systemClock, type Clock } from '../../runtime/clock.ts';
import type { Written } from '../object-store.ts';
import { entryName, entryOfLive, type EntryName, type ListedEntry } from './entry-name.ts';
import { formatEntry, type HistoryEntry } from './entry.ts';
import { bytesKey, historyPrefix, listEntries, readEntry, readLive } from './history.ts';
import type { HistoryPlace, LiveDocument } from './history.ts';
import { freeVersion, takenBy } from './versions.ts';

export interface NewDocument {
  readonly bytes: Uint8Array;
  readonly version: string;
  readonly by: string;
  readonly note: string;
  readonly how: HistoryEntry['how'];
}

export interface ReplaceOptions extends HistoryPlace {
  /** What the new one was compared with; undefined: there was none. */
  readonly expected: LiveDocument | undefined;
  /** Undefined where a document does not tell its version. */
  readonly versionOf: (bytes: Uint8Array) => string | undefined;
  readonly clock?: Pick<Clock, 'now'>;
}

export type Replaced =
  /** `isMarked`: false where S3 failed at the last mark, which the next upload sets. */
  | { readonly kind: 'live'; readonly etag: string; readonly entry: HistoryEntry; readonly isMarked: boolean }
  /** These very bytes are live already; their entry is there and marked. */
  | { readonly kind: 'unchanged'; readonly etag: string }
  /** Somebody else has changed the document since it was compared. */
  | { readonly kind: 'conflict' }
  /** The version's name was live with other bytes. */
  | { readonly kind: 'taken'; readonly by: HistoryEntry; readonly free: string }
  /** Another upload is just replacing the document that this one would bring back. */
  | { readonly kind: 'busy'; readonly by: HistoryEntry }
  /** S3 ignores conditions. */
  | { readonly kind: 'unconditional' };

const FRESH_MS = 60_000;
const WRITE_BY_MS = 30_000;
const NO_ETAG = '"00000000000000000000000000000000"';

/** @throws Error, a sentence, where S3 fails; it says whether the document may have been written. */
export async function replaceDocument(document: NewDocument, options: ReplaceOptions): Promise<Replaced> {
  const { store, key, expected, clock = systemClock } = options;
  const hash = hashDocument(document.bytes);
  const before = await listEntries(options);
  const live = await readLive(options);
  if (live?.etag !== expected?.etag) return { kind: 'conflict' };
  const replaced = live && (await settle(live, before, options));
  if (live?.hash === hash) return { kind: 'unchanged', etag: live.etag };

  const number = Math.max(0, replaced?.number ?? 0, ...before.map((entry) => entry.number)) + 1;
  const name = entryName(number, document.version, hash, randomBytes(4).toString('hex'));
  const entry: HistoryEntry = {
    v: 1,
    number,
    ...{ version: document.version, hash, bytes: document.bytes.length, by: document.by },
    at: new Date(clock.now()).toISOString(),
    ...{ note: document.note, how: document.how },
    replaced: live === undefined || !replaced ? null : { ...replaced.named, etag: live.etag },
  };
  await writeEntry(name, entry, document.bytes, options);
  const writtenAtMs = performance.now();
  const entryKey = `${historyPrefix(key)}${name.name}.json`;
  const probe = await store.write(entryKey, formatEntry(entry), { ifMatch: NO_ETAG });
  if (probe.kind === 'written') {
    await mark(name, 'withdrawn', options);
    return { kind: 'unconditional' };
  }

  const refusal = await judge(name, document.version, await listEntries(options), options);
  if (refusal !== undefined) {
    await mark(name, 'withdrawn', options);
    return refusal;
  }
  if (performance.now() - writtenAtMs > WRITE_BY_MS) {
    await mark(name, 'withdrawn', options);
    throw new Error('the upload was held up for too long, nothing was uploaded: try again');
  }
  const written = await writeDocument(document.bytes, hash, options);
  if (written.kind === 'conflict' || (written.kind === 'same' && (await hasTwin(name, before, options)))) {
    await mark(name, 'withdrawn', options);
    return { kind: 'conflict' };
  }
  const isMarked = await mark(name, 'live', options).then(
    () => true,
    () => false,
  );
  return { kind: 'live', etag: written.etag, entry, isMarked };
}

/** Makes sure of the live document's entry. @returns its number, and how the next entry names it. */
async function settle(live: LiveDocument, entries: readonly ListedEntry[], options: ReplaceOptions) {
  const current = entryOfLive(entries, live.hash);
  if (current !== undefined) {
    if (current.state !== 'live') await mark(current, 'live', options);
    const { version } = await readEntry(options, current.name);
    return { number: current.number, named: { version, hash: live.hash } };
  }
  const version = options.versionOf(live.bytes) ?? null;
  const number = Math.max(0, ...entries.map((entry) => entry.number)) + 1;
  // Two uploads that find it at once give it one name.
  const name = entryName(number, version ?? '', live.hash, 'found');
  const found: HistoryEntry = {
    v: 1,
    number,
    ...{ version, hash: live.hash, bytes: live.bytes.length, by: null },
    at: new Date(live.modifiedAtMs).toISOString(),
    ...{ note: null, how: { kind: 'found' }, replaced: null },
  };
  await writeEntry(name, found, live.bytes, options);
  await mark(name, 'live', options);
  return { number, named: { version, hash: live.hash } };
}

async function writeEntry(
  name: EntryName,
  entry: HistoryEntry,
  bytes: Uint8Array,
  { store, key }: ReplaceOptions,
): Promise<void> {
  const at = bytesKey(key, name.hash);
  const kept = await store.write(at, bytes, { ifNoneMatch: '*' });
  if (kept.kind === 'conflict')
    throw new Error(`${at} holds other bytes than its name says, nothing was uploaded`);
  const entryKey = `${historyPrefix(key)}${name.name}.json`;
  const written = await store.write(entryKey, formatEntry(entry), { ifNoneMatch: '*' });
  if (written.kind === 'conflict')
    throw new Error(`${entryKey} is there already, nothing was uploaded: try again`);
}

async function mark(
  { name }: EntryName,
  state: 'live' | 'withdrawn',
  { store, key, clock = systemClock }: ReplaceOptions,
): Promise<void> {
  const text = `${JSON.stringify({ at: new Date(clock.now()).toISOString() })}\n`;
  await store.write(`${historyPrefix(key)}${name}.${state}`, Buffer.from(text), { ifNoneMatch: '*' });
}

/** Why the document may not become live, by a listing that has its entry; undefined: it may. */
async function judge(
  own: EntryName,
  version: string,
  entries: readonly ListedEntry[],
  options: ReplaceOptions,
): Promise<Replaced | undefined> {
  const taken = await takenBy(version, own.hash, entries, (name) => readEntry(options, name));
  if (taken !== undefined) return { kind: 'taken', by: taken, free: freeVersion(version, entries) };
  const ownAtMs = entries.find(({ name }) => name === own.name)?.writtenAtMs ?? Infinity;
  for (const other of entries) {
    if (other.state !== 'pending' || other.name === own.name || ownAtMs - other.writtenAtMs > FRESH_MS)
      continue;
    const entry = await readEntry(options, other.name);
    if (entry.replaced?.hash === own.hash) return { kind: 'busy', by: entry };
  }
  return undefined;
}

/** @throws Error where it is not known whether it was written. */
async function writeDocument(bytes: Uint8Array, hash: string, options: ReplaceOptions): Promise<Written> {
  const { store, key, expected } = options;
  try {
    return await store.write(key, bytes, expected ? { ifMatch: expected.etag } : { ifNoneMatch: '*' });
  } catch (error) {
    const live = await readLive(options).catch(() => undefined);
    if (live?.hash === hash) return { kind: 'same', etag: live.etag };
    throw error;
  }
}

/** Whether somebody else has uploaded the same bytes at the same moment, rather than a lost answer been repeated. */
async function hasTwin(
  own: EntryName,
  before: readonly ListedEntry[],
  options: ReplaceOptions,
): Promise<boolean> {
  const past = new Set(before.filter(({ state }) => state === 'live').map(({ name }) => name));
  return (await listEntries(options)).some(
    ({ name, hash, state }) =>
      state !== 'withdrawn' && name !== own.name && hash === own.hash && !past.has(name),
  );
}
