/**
 * Read committed: which record batches of a fetch’s answer belong to aborted transactions. The rules are those of
 * Kafka’s own consumer. The broker’s list, which comes in the order of ends, is taken in the order of first offsets. A
 * producer counts as aborted from its transaction’s first offset to the abort marker. Only the batch’s control flag
 * says what a marker is, whatever the keys of ordinary records are.
 *
 * kafkajs 2.2.4 does none of the three, so its own filter is not used: see partition-fetch.ts.
 */

/** As the broker lists it beside a fetched partition. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** What the filter reads of a record batch. */
export interface BatchMark {
  readonly lastOffset: number;
  readonly producerId: bigint;
  readonly isTransactional: boolean;
  /** What the batch’s control record says; undefined where it is no control batch. */
  readonly control: 'abort' | 'commit' | 'other' | undefined;
}

export interface AbortedFilter {
  /** True where the batch’s records must not be seen. To be called for every batch, in the log’s order. */
  isAborted(batch: BatchMark): boolean;
}

/** @param listed in any order; null as brokers say "none". */
export function createAbortedFilter(listed: readonly AbortedTransaction[] | null): AbortedFilter {
  const due = [...(listed ?? [])].sort((a, b) => a.firstOffset - b.firstOffset);
  const aborted = new Set<bigint>();
  let next = 0;
  return {
    isAborted({ lastOffset, producerId, isTransactional, control }) {
      for (let one = due[next]; one !== undefined && one.firstOffset <= lastOffset; one = due[next]) {
        aborted.add(one.producerId);
        next += 1;
      }
      if (control !== undefined) {
        if (control === 'abort') aborted.delete(producerId);
        return false;
      }
      return isTransactional && aborted.has(producerId);
    },
  };
}
