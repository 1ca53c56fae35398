/**
 * How slots are shared out between those who compete for them, so that one whose work is slow cannot take all.
 *
 * Everybody has an equal part for certain. Beyond it, one may borrow what lies idle, but never more than stays free
 * beside it: the greediest leaves as much as it borrows, so that others can grow at once, without waiting for slow
 * work to end. Where all want more than there is, nothing is lent, nothing stays free, and all have their part.
 *
 * Who was seen within the last seconds competes. So somebody who is alone gets everything, and somebody who is
 * quiet for a moment is not forgotten.
 */

/** A partition, as a rule; undefined is one of its own. */
export type Sharer = number | undefined;

export interface FairShares {
  /** Whose turn it may be, asked while a slot is free (total < size). Counts as being seen. */
  readonly mayTake: (sharer: Sharer) => boolean;
  take(sharer: Sharer): void;
  giveBack(sharer: Sharer): void;
  /** Slots taken by all. */
  readonly total: number;
  readonly size: number;
  /** @param size how many slots there are, ≥ 0. Those taken beyond it are given back in time. */
  resize(size: number): void;
}

interface Share {
  taken: number;
  seenMs: number;
}

const COMPETES_MS = 10_000;
const SWEEP_MS = 1000;

/** O(1) a call, and once a second O(sharers). @param now ms, of any origin. */
export function createFairShares(size: number, now: () => number): FairShares {
  const shares = new Map<Sharer, Share>();
  let slots = size;
  let total = 0;
  let sweptMs = now();

  function see(sharer: Sharer): Share {
    const nowMs = now();
    if (nowMs - sweptMs > SWEEP_MS) {
      sweptMs = nowMs;
      for (const [name, { taken, seenMs }] of shares) {
        if (taken === 0 && nowMs - seenMs > COMPETES_MS) shares.delete(name);
      }
    }
    let share = shares.get(sharer);
    if (share === undefined) shares.set(sharer, (share = { taken: 0, seenMs: nowMs }));
    share.seenMs = nowMs;
    return share;
  }

  return {
    mayTake(sharer) {
      const { taken } = see(sharer);
      if (shares.size === 1) return true;
      const part = Math.ceil(slots / shares.size);
      return taken < part || taken - part < slots - total;
    },
    take(sharer) {
      see(sharer).taken += 1;
      total += 1;
    },
    giveBack(sharer) {
      see(sharer).taken -= 1;
      total -= 1;
    },
    get total() {
      return total;
    },
    get size() {
      return slots;
    },
    resize(next) {
      slots = next;
    },
  };
}
