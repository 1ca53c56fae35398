/** Letters by reason and by what their errors have in common. Takes bounded memory, however many letters there are. */
import { fingerprintOf } from './fingerprint.ts';
import { formatAddress, isParked, type Letter } from './letter.ts';
import type { Mark } from './ledger.ts';

export interface LetterGroup {
  readonly reason: string;
  /** The error without what differs, see `fingerprintOf`; `…` for all that are of too many kinds. */
  readonly fingerprint: string;
  count: number;
  /** Of them, those that are parked. */
  parked: number;
  /** Epoch ms. */
  firstSeenMs: number;
  lastSeenMs: number;
  /** The address of one of them: the last. */
  sample: string;
}

export interface Groups {
  add(letter: Letter, mark: Mark | undefined): void;
  /** Most letters first. */
  list(): readonly LetterGroup[];
  readonly counts: { letters: number; open: number; parked: number; replayed: number; discarded: number };
}

const MOST_GROUPS = 500;

/** @param all also letters that are dealt with are grouped; they are counted either way. */
export function createGroups(all: boolean): Groups {
  const groups = new Map<string, LetterGroup>();
  const counts = { letters: 0, open: 0, parked: 0, replayed: 0, discarded: 0 };

  function groupOf({ reason, error, failedAtMs }: Letter): LetterGroup {
    const fingerprint = fingerprintOf(error);
    const name = JSON.stringify([reason, fingerprint]);
    const key = groups.has(name) || groups.size < MOST_GROUPS ? name : JSON.stringify([reason, '…']);
    let group = groups.get(key);
    if (group === undefined) {
      group = {
        ...{ reason, fingerprint: key === name ? fingerprint : '…', count: 0, parked: 0 },
        ...{ firstSeenMs: failedAtMs, lastSeenMs: failedAtMs, sample: '' },
      };
      groups.set(key, group);
    }
    return group;
  }

  return {
    counts,
    add(letter, mark) {
      counts.letters += 1;
      counts[mark ?? 'open'] += 1;
      const parked = mark === undefined && isParked(letter) ? 1 : 0;
      counts.parked += parked;
      if (mark !== undefined && !all) return;
      const group = groupOf(letter);
      group.count += 1;
      group.parked += parked;
      group.firstSeenMs = Math.min(group.firstSeenMs, letter.failedAtMs);
      if (letter.failedAtMs < group.lastSeenMs && group.sample !== '') return;
      group.lastSeenMs = letter.failedAtMs;
      group.sample = formatAddress(letter.address);
    },
    list: () => [...groups.values()].sort((a, b) => b.count - a.count || b.lastSeenMs - a.lastSeenMs),
  };
}
