/**
 * One partition during one assignment: fetched records come in at the end, events go out at the front as the limits
 * allow. What becomes of the events is kept by their records (open-records.ts). Nothing here survives a rebalance.
 *
 * Fetched records wait in a buffer of our own, because kafkajs discards what it holds for a paused partition and
 * fetches it again.
 */
import type { RecordPiece } from '../../domain/record.ts';
import { createFlowBuffer, type FlowEntry, type Head } from '../buffer/flow-buffer.ts';
import { decodeRecord } from '../decode/record-decoder.ts';
import { EventTask } from './event-task.ts';
import type { FlowOptions } from './flow-options.ts';
import { isDoneBefore, markAge, type OpenRecord } from './open-record.ts';
import { createOpenRecords } from './open-records.ts';
import { listPieces, streamPieces, type Pieces } from './record-pieces.ts';

export type { FlowOptions } from './flow-options.ts';

export interface PartitionFlow {
  readonly partition: number;
  /** Where the client's next batch must begin. */
  readonly fetchPosition: number;
  /** Every offset below has been decided. */
  readonly watermark: number;
  committed: number | undefined;
  readonly startOffset: number;
  highWaterMark: number;
  /** One beyond the last readable offset: an open transaction begins here. At most the high watermark. */
  lastStableOffset: number;
  /** Events received without outcome. */
  readonly inFlight: number;
  /** When the oldest event without outcome occurred, epoch ms; undefined where there is none. O(records held). */
  readonly oldestUndecidedMs: number | undefined;
  /** Bytes of records fetched and not finished, and of events that have some of their own. */
  readonly heldBytes: number;
  /** Appends what was fetched; `next` is where the following batch begins. */
  append(entries: readonly FlowEntry[], next: number): void;
  /** Takes in at most one event. False where nothing is ready or a limit is reached. */
  admit(): boolean;
  /** What is decided beyond the watermark, for the next assignment; empty where nothing is. O(events in flight). */
  encodeIncompleteOffsets(maxBytes?: number): string;
  /** Takes in nothing more and drops the buffer. Work that runs goes on. */
  close(): void;
  /** Closes, and revokes the ownership of everything that runs. */
  lose(): void;
}

export function createPartitionFlow(options: FlowOptions): PartitionFlow {
  const { executor, pump, committer, partition, startOffset } = options;
  const records = createOpenRecords(options);
  const buffer = createFlowBuffer();
  let current: Pieces | undefined;
  let fetchPosition = startOffset;
  let closed = false;

  function submit(record: OpenRecord, piece: RecordPiece): void {
    const work = options.handleEvent(piece);
    markAge(record, work.occurredAtMs);
    const key = options.keyOf(work, partition);
    const of = { record, index: piece.source.index, ownBytes: piece.ownBytes, work };
    executor.submit(new EventTask(records, of, { key, partition }));
  }

  /**
   * More events than can start at once are not taken in: bytes that wait are cheap, events that wait become old garbage.
   * Events of busy keys don't count: the pump looks for others behind them.
   */
  function canAcquire(): boolean {
    return executor.readyOf(partition) < options.readyAhead && records.canAcquire();
  }

  function begin(head: Head & { kind: 'record' }): void {
    const record = head.open();
    const decoded = decodeRecord(record, options);
    const opened = records.open(head, record.value);
    current = Array.isArray(decoded)
      ? listPieces(opened, decoded)
      : streamPieces(opened, decoded, {
          onReady: () => pump.wake(),
          onFault: (error) => options.onFault(error),
        });
  }

  /** @returns true where something moved. */
  function admitPiece(pieces: Pieces): boolean {
    const piece = pieces.take();
    const { owner: record } = pieces;
    const isWork = piece !== undefined && !isDoneBefore(record, piece);
    if (isWork) records.addEvent(record, piece);
    // Closed before the last piece is started, as that piece may end at once.
    if (pieces.isExhausted() && record.open) {
      current = undefined;
      records.close(record);
    }
    if (piece === undefined) return !record.open;
    records.countPiece(record, piece, isWork);
    if (isWork) submit(record, piece);
    else committer.eventFinished();
    return true;
  }

  function close(): void {
    closed = true;
    buffer.clear();
    if (current === undefined) return;
    current.stop();
    records.giveUp(current.owner);
    current = undefined;
  }

  return {
    partition,
    startOffset,
    highWaterMark: options.highWaterMark,
    lastStableOffset: options.highWaterMark,
    get committed() {
      return records.committed;
    },
    set committed(offset) {
      records.committed = offset;
    },
    get fetchPosition() {
      return fetchPosition;
    },
    get watermark() {
      return records.watermark;
    },
    get inFlight() {
      return records.inFlight;
    },
    get oldestUndecidedMs() {
      return records.oldestMs(buffer.head());
    },
    get heldBytes() {
      return buffer.bytes() + records.heldBytes;
    },
    append(entries, next) {
      if (closed) return;
      fetchPosition = next;
      buffer.append(entries);
    },
    admit() {
      if (options.isCommittedFirst === true && records.committed === undefined) {
        if (buffer.head() !== undefined) committer.hurry();
        return false;
      }
      while (!closed) {
        if (current !== undefined) {
          // The position has counted the record’s first event.
          const hasSpan = current.owner.taken === 0 || records.hasSpan(current.owner);
          return hasSpan && canAcquire() && admitPiece(current);
        }
        const head = buffer.head();
        if (head === undefined) return false;
        if (head.kind === 'skip') {
          buffer.next();
          records.skipTo(head.next);
          if (head.passedOver > 0) options.meter.passedOver(head.passedOver);
          committer.eventFinished();
        } else if (records.isDecidedBefore(head.offset)) {
          buffer.next();
          records.passDecided(head.offset);
          committer.eventFinished();
        } else {
          if (!records.hasSpan() || !canAcquire()) return false;
          begin(head);
          buffer.next();
        }
      }
      return false;
    },
    encodeIncompleteOffsets: (maxBytes) => records.encodeIncompleteOffsets(maxBytes),
    close,
    lose() {
      close();
      records.ownerships.revokeAll();
    },
  };
}
