/**
 * One partition during one assignment: records come in at the end as they are fetched, events go out at the
 * front as there is room for them, and what has ended moves the watermark. Nothing here survives a rebalance.
 *
 * Fetched records wait in this buffer of our own, because kafkajs discards what it holds for a partition that is
 * paused and fetches it again.
 */
import { createLinkedList } from '../../runtime/collections/linked-list.ts';
import type { RecordPiece } from '../../domain/record.ts';
import { createPartitionOffsets } from './partition-offsets.ts';
import {
  isDoneBefore,
  listPieces,
  noteAge,
  noteTaken,
  oldestOf,
  openRecord,
  progressOf,
  streamPieces,
  type OpenRecord,
  type Pieces,
} from './record-pieces.ts';
import { decodeRecord } from '../decode/record-decoder.ts';
import { countOpenBytes } from './open-bytes.ts';
import { createOwnershipLedger } from './event-ownership.ts';
import { EventTask, type TaskOwner } from './event-task.ts';
import { createFlowBuffer, type FlowEntry, type Head } from '../buffer/flow-buffer.ts';
import { createPartitionShares } from './partition-shares.ts';
import { encodeIncompleteOffsets } from './incomplete-offsets.ts';
import type { FlowOptions } from './flow-options.ts';
import { isDecided, type Progress } from './progress.ts';
import { createUncommittedSpan } from './uncommitted-span.ts';

export type { FlowOptions } from './flow-options.ts';

export interface PartitionFlow {
  readonly partition: number;
  /** Where the client's next batch must begin. */
  readonly fetchPosition: number;
  readonly watermark: number;
  committed: number | undefined;
  readonly startOffset: number;
  highWaterMark: number;
  /** One beyond what can be read: what an open transaction holds back begins here. At most the high watermark. */
  lastStableOffset: number;
  /** Events received without outcome. */
  readonly inFlight: number;
  /** When the oldest of the events held without outcome occurred, epoch ms; undefined where none is held. O(records held). */
  readonly oldestUndecidedMs: number | undefined;
  /** Bytes of records fetched and not finished, and of events that have some of their own. */
  readonly heldBytes: number;
  /** Appends what was fetched; `next` is where the following batch begins. */
  append(entries: readonly FlowEntry[], next: number): void;
  /** Takes in at most one event. False where nothing is ready or there is no room. */
  admit(): boolean;
  /** What is decided beyond the watermark, for the next assignment; empty where nothing is. O(events in flight). */
  encodeIncompleteOffsets(maxBytes?: number): string;
  /** Nothing more is taken in; what waits in the buffer is let go. Work that runs goes on. */
  close(): void;
  /** Closes, and revokes the ownership of everything that runs. */
  lose(): void;
}

export function createPartitionFlow(options: FlowOptions): PartitionFlow {
  const { eventShares, executor } = options;
  const offsets = createPartitionOffsets({ startOffset: options.startOffset });
  const ownerships = createOwnershipLedger(executor);
  const buffer = createFlowBuffer();
  const { inherited = { until: 0, undecided: new Map<number, Progress>() } } = options;
  let current: Pieces | undefined;
  let fetchPosition = options.startOffset;
  let inFlight = 0;
  const open = countOpenBytes(options.ownBytesShares ?? createPartitionShares(Infinity, 1));
  let closed = false;
  let committed = options.committed;
  const span = createUncommittedSpan();
  /** Records taken in and not decided, ascending, as they are taken in in that order. */
  const undecided = createLinkedList<OpenRecord>();

  function changeInFlight(by: 1 | -1): void {
    eventShares.changed(inFlight, inFlight + by);
    inFlight += by;
  }

  function releaseIfDone(owner: OpenRecord): void {
    if (owner.open || !open.released(owner)) return;
    if (!owner.isGivenUp) undecided.remove(owner);
  }

  const taskOwner: TaskOwner = {
    ownerships,
    decided(record, index) {
      offsets.finishPiece(record.offset);
      record.undecided?.delete(index);
      options.onFinished();
    },
    ended(record, own) {
      changeInFlight(-1);
      open.pieceEnded(record, own);
      record.left -= 1;
      releaseIfDone(record);
      options.onChange();
    },
    onFault: (error) => options.onFault(error),
  };

  function submit(record: OpenRecord, piece: RecordPiece): void {
    changeInFlight(1);
    const work = options.intake(piece);
    noteAge(record, work.occurredAtMs);
    const key = options.keyOf(work, options.partition);
    const of = { record, index: piece.source.index, ownBytes: piece.ownBytes, work };
    executor.submit(new EventTask(taskOwner, of, { key, partition: options.partition }));
  }

  /**
   * More than enough to start at once needs not be taken up: what waits as bytes is cheap, what waits as an event is
   * garbage that has grown old. Hot keys' events don't count: others are looked for behind them.
   */
  function canAcquire(): boolean {
    const isAhead = executor.readyOf(options.partition) >= options.readyAhead;
    return !isAhead && eventShares.canAcquire(inFlight) && open.canAcquire();
  }

  function begin(head: Head & { kind: 'record' }): void {
    const record = head.open();
    const decoded = decodeRecord(record, options);
    const owner = openRecord(head, record.value, inherited.undecided.get(head.offset));
    open.begun(owner);
    span.passOver(offsets.position(), head.offset);
    offsets.receive(head.offset, 'open');
    undecided.append(owner);
    current = Array.isArray(decoded)
      ? listPieces(owner, decoded)
      : streamPieces(owner, decoded, {
          onReady: () => options.onChange(),
          onFault: (error) => options.onFault(error),
        });
  }

  /** @returns true where something moved. */
  function admitPiece(pieces: Pieces): boolean {
    const piece = pieces.take();
    const { owner } = pieces;
    const isWork = piece !== undefined && !isDoneBefore(owner, piece);
    if (isWork) {
      owner.left += 1;
      open.pieceTaken(owner, piece.ownBytes);
      offsets.addPiece(owner.offset);
    }
    // Closed before the last piece is started, which may end at once.
    if (pieces.isExhausted() && owner.open) {
      owner.open = false;
      current = undefined;
      offsets.close(owner.offset);
      releaseIfDone(owner);
    }
    if (piece === undefined) return !owner.open;
    noteTaken(owner, piece, isWork);
    if (piece.source.index > 0) span.addFurther(owner.offset);
    if (isWork) submit(owner, piece);
    else options.onFinished();
    return true;
  }

  /**
   * Counted from what is committed, not from the watermark: a death redoes what finished after the commit, too. The
   * record that all else waits for may have more events than the span: it is read to its end.
   */
  function hasSpan(record?: OpenRecord): boolean {
    const from = committed ?? options.startOffset;
    if (span.events(from, offsets.position()) < options.maxUncommittedEvents) return true;
    const watermark = offsets.watermark();
    if (watermark > from) options.onCommitDue();
    else if (record !== undefined && record.offset <= watermark) return true;
    return false;
  }

  function close(): void {
    if (closed) return;
    closed = true;
    buffer.clear();
    if (current !== undefined) {
      // Stays open in the offsets: the rest of it is read again by whoever comes next.
      current.stop();
      current.owner.open = false;
      current.owner.isGivenUp = true;
      releaseIfDone(current.owner);
      current = undefined;
    }
  }

  return {
    partition: options.partition,
    get committed() {
      return committed;
    },
    set committed(offset) {
      committed = offset;
    },
    startOffset: options.startOffset,
    highWaterMark: options.highWaterMark,
    lastStableOffset: options.highWaterMark,
    get fetchPosition() {
      return fetchPosition;
    },
    get watermark() {
      return offsets.watermark();
    },
    get inFlight() {
      return inFlight;
    },
    get oldestUndecidedMs() {
      return oldestOf(undecided, buffer.head());
    },
    get heldBytes() {
      return buffer.bytes() + open.bytes();
    },
    append(entries, next) {
      if (closed) return;
      fetchPosition = next;
      buffer.append(entries);
    },
    admit() {
      if (options.isCommittedFirst === true && committed === undefined) {
        if (buffer.head() !== undefined) options.onCommitDue();
        return false;
      }
      while (!closed) {
        if (current !== undefined) {
          // The position has counted the first one.
          const maySpan = current.owner.taken === 0 || hasSpan(current.owner);
          return maySpan && canAcquire() && admitPiece(current);
        }
        const head = buffer.head();
        if (head === undefined) return false;
        if (head.kind === 'skip') {
          buffer.next();
          span.passOver(offsets.position(), head.next);
          offsets.skipTo(head.next);
          if (head.passedOver > 0) options.onPassedOver(head.passedOver);
          options.onFinished();
        } else if (isDecided(inherited, head.offset)) {
          buffer.next();
          span.passOver(offsets.position(), head.offset);
          offsets.skipTo(head.offset + 1);
          options.onFinished();
        } else {
          if (!hasSpan() || !canAcquire()) return false;
          begin(head);
          buffer.next();
        }
      }
      return false;
    },
    encodeIncompleteOffsets(maxBytes) {
      const position = offsets.position();
      const records: [number, Progress][] = [];
      for (let owner = undecided.first(); owner !== undefined; owner = owner.next) {
        records.push([owner.offset, progressOf(owner)]);
      }
      const decided = {
        from: offsets.watermark(),
        until: Math.max(position, inherited.until),
        undecided: [...records, ...[...inherited.undecided].filter(([offset]) => offset >= position)],
      };
      return encodeIncompleteOffsets(decided, maxBytes);
    },
    close,
    lose() {
      close();
      ownerships.revokeAll();
    },
  };
}
