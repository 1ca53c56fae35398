/**
 * How slots are shared out between those who compete for them, so that one whose work is slow cannot take all.
 *
 * Everybody has an equal part for certain. Beyond it, one may borrow what lies idle, but must leave free half as
 * much as it borrows: others can then grow at once, also those who were quiet until now, without waiting for slow
 * work to end. Where all want more than there is, nothing is lent, nothing stays free, and all have their part.
 */

/** A partition, as a rule; undefined is one of its own. */
export type Sharer = number | undefined;

export interface FairShares {
  /** Whose turn it may be, asked while a slot is free. */
  readonly mayTake: (sharer: Sharer) => boolean;
  take(sharer: Sharer): void;
  giveBack(sharer: Sharer): void;
  /** Slots taken by all. */
  total(): number;
  size(): number;
  /** @param size how many slots there are, ≥ 0. Those taken beyond it are given back in time. */
  resize(size: number): void;
  /** @param sharers how many compete, whether they want anything now or not; 1 at first: everything for everybody. */
  shareBetween(sharers: number): void;
}

const LENT_FOR_ONE_FREE = 2;

/** O(1) a call. */
export function createFairShares(size: number): FairShares {
  /** By place; nobody is ever taken out, as a sharer that has nothing now will have something soon. */
  const takenBy: number[] = [];
  let slots = size;
  let sharers = 1;
  let total = 0;
  return {
    mayTake(sharer) {
      if (sharers <= 1) return true;
      const borrowed = (takenBy[placeOf(sharer)] ?? 0) + 1 - Math.ceil(slots / sharers);
      return borrowed <= 0 || borrowed <= LENT_FOR_ONE_FREE * (slots - total - 1);
    },
    take(sharer) {
      const place = placeOf(sharer);
      takenBy[place] = (takenBy[place] ?? 0) + 1;
      total += 1;
    },
    giveBack(sharer) {
      const place = placeOf(sharer);
      takenBy[place] = (takenBy[place] ?? 0) - 1;
      total -= 1;
    },
    total: () => total,
    size: () => slots,
    resize(next) {
      slots = next;
    },
    shareBetween(next) {
      sharers = next;
    },
  };
}

/** Partitions are numbered from 0. */
function placeOf(sharer: Sharer): number {
  return sharer === undefined ? 0 : sharer + 1;
}
