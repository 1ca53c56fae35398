/**
 * Counts the bytes that open records hold until their outcome. A record’s value counts until all its pieces are cut and
 * none of them needs it. From then on only what its events copied is in memory.
 */
import type { PartitionShares } from './partition-shares.ts';
import type { OpenRecord } from './open-record.ts';

/** @param ownBytesShares for what events hold beside their records. */
export function countOpenBytes(ownBytesShares: PartitionShares) {
  let ofRecords = 0;
  let ownBytes = 0;

  function changeOwn(by: number): void {
    ownBytesShares.changed(ownBytes, ownBytes + by);
    ownBytes += by;
  }

  return {
    /** Whether one more event may be taken in. */
    canAcquire: () => ownBytesShares.canAcquire(ownBytes),
    bytes: () => ofRecords + ownBytes,
    begun(record: OpenRecord): void {
      ofRecords += record.bytes;
    },
    /** @param own of the piece; undefined where it needs its record's value. */
    pieceTaken(record: OpenRecord, own: number | undefined): void {
      if (own === undefined) record.needing += 1;
      else changeOwn(own);
    },
    pieceEnded(record: OpenRecord, own: number | undefined): void {
      if (own === undefined) record.needing -= 1;
      else changeOwn(-own);
    },
    /**
     * All pieces have been cut: the record lets go of its value where no piece needs it. @returns whether the record
     * has ended.
     */
    released(record: OpenRecord): boolean {
      if (record.needing === 0) {
        ofRecords -= record.valueBytes;
        record.bytes -= record.valueBytes;
        record.valueBytes = 0;
      }
      if (record.left > 0) return false;
      ofRecords -= record.bytes;
      return true;
    },
  };
}
