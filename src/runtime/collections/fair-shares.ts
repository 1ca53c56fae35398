/**
 * How slots are divided between shares that compete for them, so that one share’s slow work cannot take all.
 *
 * Each share has an equal part for certain. It may borrow idle slots beyond that, if it leaves half as many free as it
 * borrows. Other shares, also quiet ones, can then grow at once, without waiting for slow work to end. Where all want
 * more than there is, nothing is lent, nothing stays free, and all have their part.
 *
 * For slots that come back within seconds. Where they may not, `stream/partition/partition-shares.ts` keeps parts free.
 */

/** Whose part it is: a partition, by its number. Undefined is one more, for what belongs to none. */
export type Share = number | undefined;

export interface FairShares {
  /** Whose turn it may be, asked while a slot is free. */
  readonly canAcquire: (share: Share) => boolean;
  acquire(share: Share): void;
  release(share: Share): void;
  /** Slots taken by all. */
  total(): number;
  size(): number;
  /** @param size how many slots there are, ≥ 0. Those taken beyond it are given back in time. */
  resize(size: number): void;
  /** @param parts how many shares compete, idle ones too, ≥ 1; 1 at first: everything for everybody. */
  shareBetween(parts: number): void;
}

const LENT_FOR_ONE_FREE = 2;

/** O(1) a call. */
export function createFairShares(size: number): FairShares {
  /** By place; nobody is ever taken out, as a share that has nothing now will have something soon. */
  const takenBy: number[] = [];
  let slots = size;
  let parts = 1;
  let total = 0;
  return {
    canAcquire(share) {
      if (parts <= 1) return true;
      const borrowed = (takenBy[placeOf(share)] ?? 0) + 1 - Math.ceil(slots / parts);
      return borrowed <= 0 || borrowed <= LENT_FOR_ONE_FREE * (slots - total - 1);
    },
    acquire(share) {
      const place = placeOf(share);
      takenBy[place] = (takenBy[place] ?? 0) + 1;
      total += 1;
    },
    release(share) {
      const place = placeOf(share);
      takenBy[place] = (takenBy[place] ?? 0) - 1;
      total -= 1;
    },
    total: () => total,
    size: () => slots,
    resize(next) {
      slots = next;
    },
    shareBetween(next) {
      parts = next;
    },
  };
}

/** Partitions are numbered from 0. */
function placeOf(share: Share): number {
  return share === undefined ? 0 : share + 1;
}
