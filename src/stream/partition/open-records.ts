/**
 * The records of one partition whose events have been taken in and have not all ended. They say what is held in memory,
 * what is decided, and how far the partition may be committed. Every event’s end comes here.
 */
import { createLinkedList } from '../../runtime/collections/linked-list.ts';
import type { RecordPiece } from '../../domain/record.ts';
import type { Head } from '../buffer/flow-buffer.ts';
import { createOwnershipLedger, type OwnershipLedger } from './event-ownership.ts';
import type { FlowOptions } from './flow-options.ts';
import { encodeIncompleteOffsets } from './incomplete-offsets.ts';
import { countOpenBytes } from './open-bytes.ts';
import { markTaken, oldestOf, openRecord, progressOf, type OpenRecord } from './open-record.ts';
import { createPartitionOffsets } from './partition-offsets.ts';
import { createPartitionShares } from './partition-shares.ts';
import { isDecided, type Progress } from './progress.ts';
import { createUncommittedSpan } from './uncommitted-span.ts';

export interface OpenRecords {
  readonly ownerships: OwnershipLedger;
  committed: number | undefined;
  /** Every offset below has been decided. */
  readonly watermark: number;
  /** Events taken in that have not ended. */
  readonly inFlight: number;
  /** Bytes of the records, and of events that have some of their own. */
  readonly heldBytes: number;
  /** When the oldest event occurred, epoch ms; `head` is what waits behind them. O(records). */
  oldestMs(head: Head | undefined): number | undefined;
  /** Whether the shares of events and of bytes allow one more event. */
  canAcquire(): boolean;
  /**
   * Whether another event may be read ahead of what is committed. Hurries the commit where that would help.
   * @param record that is being read; undefined before the next one is opened.
   */
  hasSpan(record?: OpenRecord): boolean;
  /** Whether an earlier assignment has decided the whole record. */
  isDecidedBefore(offset: number): boolean;
  /** Takes a record in, without events as yet. Offsets must ascend. */
  open(head: Head & { kind: 'record' }, value: Buffer | null): OpenRecord;
  /** One more event of the record, to be run. */
  addEvent(record: OpenRecord, piece: RecordPiece): void;
  /** One more piece of the record was looked at. @param isWork it is an event to be run. */
  countPiece(record: OpenRecord, piece: RecordPiece, isWork: boolean): void;
  /** No more events will come of the record. */
  close(record: OpenRecord): void;
  /** The rest of the record is not read here. The record stays undecided, for the partition’s next owner. */
  giveUp(record: OpenRecord): void;
  /** A record of which an earlier assignment has decided everything. */
  passDecided(offset: number): void;
  /** Nothing of ours up to, and not including, `next`. */
  skipTo(next: number): void;
  /** The event has its outcome. */
  decided(record: OpenRecord, index: number): void;
  /** The event has ended, decided or not. @param ownBytes of its piece. */
  ended(record: OpenRecord, ownBytes: number | undefined): void;
  /** A defect: the event can neither be decided nor be given up. */
  onFault(error: unknown): void;
  /** What is decided beyond the watermark, for the next assignment; empty where nothing is. O(events in flight). */
  encodeIncompleteOffsets(maxBytes?: number): string;
}

/** O(1) a call where nothing else is said. */
export function createOpenRecords(options: FlowOptions): OpenRecords {
  const { eventShares, executor, committer, pump, startOffset } = options;
  const { inherited = { until: 0, undecided: new Map<number, Progress>() } } = options;
  const offsets = createPartitionOffsets({ startOffset });
  const ownerships = createOwnershipLedger(executor, options.assertMember);
  const bytes = countOpenBytes(options.ownBytesShares ?? createPartitionShares(Infinity, 1));
  const span = createUncommittedSpan();
  /** Ascending, as records are taken in in that order. */
  const undecided = createLinkedList<OpenRecord>();
  let committed = options.committed;
  let inFlight = 0;

  function changeInFlight(by: 1 | -1): void {
    eventShares.changed(inFlight, inFlight + by);
    inFlight += by;
  }

  function releaseIfDone(record: OpenRecord): void {
    if (record.open || !bytes.released(record)) return;
    if (!record.isGivenUp) undecided.remove(record);
  }

  return {
    ownerships,
    get committed() {
      return committed;
    },
    set committed(offset) {
      committed = offset;
    },
    get watermark() {
      return offsets.watermark();
    },
    get inFlight() {
      return inFlight;
    },
    get heldBytes() {
      return bytes.bytes();
    },
    oldestMs: (head) => oldestOf(undecided, head),
    canAcquire: () => eventShares.canAcquire(inFlight) && bytes.canAcquire(),
    // Counted from the commit, not from the watermark: a death redoes what finished after the commit, too.
    hasSpan(record) {
      const from = committed ?? startOffset;
      if (span.events(from, offsets.position()) < options.maxUncommittedEvents) return true;
      const watermark = offsets.watermark();
      if (watermark > from) committer.hurry();
      // The record that holds the watermark is read to its end, even if it has more events than the span.
      else if (record !== undefined && record.offset <= watermark) return true;
      return false;
    },
    isDecidedBefore: (offset) => isDecided(inherited, offset),
    open(head, value) {
      const record = openRecord(head, value, inherited.undecided.get(head.offset));
      bytes.begun(record);
      span.passOver(offsets.position(), head.offset);
      offsets.receive(head.offset, 'open');
      undecided.append(record);
      return record;
    },
    addEvent(record, piece) {
      record.left += 1;
      bytes.pieceTaken(record, piece.ownBytes);
      offsets.addPiece(record.offset);
      changeInFlight(1);
    },
    countPiece(record, piece, isWork) {
      markTaken(record, piece, isWork);
      if (piece.source.index > 0) span.addFurther(record.offset);
    },
    close(record) {
      record.open = false;
      offsets.close(record.offset);
      releaseIfDone(record);
    },
    giveUp(record) {
      // Its offset stays open.
      record.open = false;
      record.isGivenUp = true;
      releaseIfDone(record);
    },
    passDecided(offset) {
      span.passOver(offsets.position(), offset);
      offsets.skipTo(offset + 1);
    },
    skipTo(next) {
      span.passOver(offsets.position(), next);
      offsets.skipTo(next);
    },
    decided(record, index) {
      offsets.finishPiece(record.offset);
      record.undecided?.delete(index);
      committer.eventFinished();
    },
    ended(record, own) {
      changeInFlight(-1);
      bytes.pieceEnded(record, own);
      record.left -= 1;
      releaseIfDone(record);
      pump.wake();
    },
    onFault: (error) => options.onFault(error),
    encodeIncompleteOffsets(maxBytes) {
      const position = offsets.position();
      const records: [number, Progress][] = [];
      for (let record = undecided.first(); record !== undefined; record = record.next) {
        records.push([record.offset, progressOf(record)]);
      }
      const incomplete = {
        from: offsets.watermark(),
        until: Math.max(position, inherited.until),
        undecided: [...records, ...[...inherited.undecided].filter(([offset]) => offset >= position)],
      };
      return encodeIncompleteOffsets(incomplete, maxBytes);
    },
  };
}
