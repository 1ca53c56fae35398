/**
 * Which partition may take in one more event, so that one partition’s slow users cannot fill the pod.
 *
 * Half of the capacity is set aside in equal parts. The other half is lent, to each partition at most as much as is
 * still free of it. So a partition without competition gets a quarter beside its part, and all where it is the only one.
 * Several stuck partitions leave capacity for one more. Each partition always has its part of the first half.
 *
 * `runtime/collections/fair-shares.ts` divides slots that come back soon, and holds none back for a quiet share. Of 256
 * slots for four shares it gives the first 192, the second 64, the others none until some come back. Here an event may
 * stay for hours, so each part is kept free: four partitions get 96, 64, 48 and 40.
 */
export interface PartitionShares {
  /** Whether a partition that has taken `taken` may take one more. */
  canAcquire(taken: number): boolean;
  /** To be called whenever what a partition has taken changes. */
  changed(before: number, after: number): void;
  total(): number;
}

/** @param capacity ≥ 1. @param partitions how many share it, ≥ 1. */
export function createPartitionShares(capacity: number, partitions: number): PartitionShares {
  const own = partitions <= 1 ? capacity : Math.floor(capacity / 2 / partitions);
  const shared = capacity - own * Math.max(1, partitions);
  let total = 0;
  let lent = 0;
  return {
    canAcquire(taken) {
      return total < capacity && (taken < own || taken - own < shared - lent);
    },
    changed(before, after) {
      total += after - before;
      lent += Math.max(0, after - own) - Math.max(0, before - own);
    },
    total: () => total,
  };
}
