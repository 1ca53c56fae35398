/**
 * Who may take one more event in, so that one partition's slow users cannot fill the pod.
 *
 * Half of the room is set aside in equal parts; the other half is lent to whoever needs it, but to nobody more
 * than is still free of it. So a partition without competition gets three quarters (all, where it is the only
 * one), several that are stuck leave room for one more, and each always has its part of the first half.
 */
export interface FairRoom {
  /** Whether a user who has taken so many may take one more. */
  mayTake(taken: number): boolean;
  /** To be called whenever what a user has taken changes. */
  moved(before: number, after: number): void;
  total(): number;
}

/** @param size ≥ 1. @param users how many share it, ≥ 1. */
export function createFairRoom(size: number, users: number): FairRoom {
  const own = users <= 1 ? size : Math.floor(size / 2 / users);
  const shared = size - own * Math.max(1, users);
  let total = 0;
  let lent = 0;
  return {
    mayTake(taken) {
      return total < size && (taken < own || taken - own < shared - lent);
    },
    moved(before, after) {
      total += after - before;
      lent += Math.max(0, after - own) - Math.max(0, before - own);
    },
    total: () => total,
  };
}
