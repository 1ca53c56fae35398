/** A version's name is used once: which bytes it was live with, and which name is free. */
import type { HistoryEntry } from './entry.ts';
import { versionTagOf, type ListedEntry } from './entry-name.ts';

const LONGEST_VERSION = 100;

/**
 * @param entries newest first. Those that never became live take no name.
 * @returns the entry under which the version was live with other bytes.
 */
export async function takenBy(
  version: string,
  hash: string,
  entries: readonly ListedEntry[],
  read: (name: string) => Promise<HistoryEntry>,
): Promise<HistoryEntry | undefined> {
  const tag = versionTagOf(version);
  for (const { name, state, versionTag, hash: other } of entries) {
    if (state !== 'live' || versionTag !== tag || other === hash) continue;
    const entry = await read(name);
    if (entry.version === version) return entry;
  }
  return undefined;
}

/** @returns the next version that no entry has: `2026-11-22.1` → `2026-11-22.2`, `v7` → `v8`, `summer` → `summer.2`. */
export function freeVersion(version: string, entries: readonly ListedEntry[]): string {
  const taken = new Set(entries.map(({ versionTag }) => versionTag));
  const [, stem = version, digits] = /^(.*[.a-z])(\d{1,9})$/i.exec(version) ?? [];
  for (let number = Number(digits ?? 1) + 1; ; number += 1) {
    const ending = `${digits === undefined ? '.' : ''}${String(number).padStart(digits?.length ?? 1, '0')}`;
    const candidate = `${stem.slice(0, LONGEST_VERSION - ending.length)}${ending}`;
    if (!taken.has(versionTagOf(candidate))) return candidate;
  }
}
