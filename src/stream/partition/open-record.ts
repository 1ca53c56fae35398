/**
 * One record whose events have been taken in and have not all ended. It says which events have their outcome, what the
 * record holds in memory, and how old its oldest event is.
 */
import type { Linked, LinkedList } from '../../runtime/collections/linked-list.ts';
import type { RecordPiece } from '../../domain/record.ts';
import type { Head } from '../buffer/flow-buffer.ts';
import { isDecided, NOTHING_DECIDED, undecidedBeyond, type Progress } from './progress.ts';

/** A record that has been taken in and not ended. */
export interface OpenRecord extends Linked<OpenRecord> {
  readonly offset: number;
  /** When it was written, epoch ms. Where the record does not say, the earliest `occurredAt` of its events so far. */
  oldestMs: number;
  /** The record says when it was written. */
  readonly isDated: boolean;
  /** What it counts for while it is held. */
  bytes: number;
  /** The value’s part of these bytes. The record lets go of it once all pieces are cut and none needs it. */
  valueBytes: number;
  /** Pieces taken in and not ended that need its value. */
  needing: number;
  /** More pieces may come. */
  open: boolean;
  /** Pieces taken in and not ended. */
  left: number;
  /** A piece was given up: the record stays undecided. */
  isGivenUp: boolean;
  /** What an earlier assignment has done of it. */
  readonly inherited: Progress;
  /** Pieces below this number are taken in, or were decided before. 0 where there is only one piece. */
  taken: number;
  /** The pieces among them without outcome, ascending. Undefined where there is only one piece. */
  undecided: Set<number> | undefined;
}

/**
 * True if a previous owner already decided this piece. An unreadable piece 0 never counts. It may stand for the whole
 * record here, as this pod has smaller limits, while the previous owner saw separate events.
 */
export function isDoneBefore({ inherited }: OpenRecord, { source, content }: RecordPiece): boolean {
  return isDecided(inherited, source.index) && (source.index > 0 || content.kind === 'json');
}

/** Counts a piece as taken in. Costs nothing for a record with one piece, as nearly all are. */
export function markTaken(owner: OpenRecord, { source: { index } }: RecordPiece, isWork: boolean): void {
  if (index === 0 && !owner.open) return;
  owner.taken = index + 1;
  owner.undecided ??= new Set();
  if (isWork) owner.undecided.add(index);
}

/** What is decided of a record that is undecided as a whole. */
export function progressOf({ inherited, taken, undecided }: OpenRecord): Progress {
  return {
    until: Math.max(taken, inherited.until),
    undecided: new Set([...(undecided ?? []), ...undecidedBeyond(inherited, taken)]),
  };
}

/** @param inherited what an earlier assignment has done of it. */
export function openRecord(
  { offset, bytes, timestampMs }: Omit<Head & { readonly kind: 'record' }, 'kind' | 'open'>,
  value: Buffer | null,
  inherited: Progress = NOTHING_DECIDED,
): OpenRecord {
  return {
    offset,
    bytes,
    valueBytes: value?.length ?? 0,
    needing: 0,
    oldestMs: timestampMs,
    isDated: timestampMs !== Infinity,
    inherited,
    open: true,
    left: 0,
    isGivenUp: false,
    taken: 0,
    undecided: undefined,
    previous: undefined,
    next: undefined,
  };
}

/** Counts the age of an event that was just taken in: a phone that reported it late makes nobody here late. */
export function markAge(record: OpenRecord, occurredAtMs: number | undefined): void {
  if (occurredAtMs === undefined || record.isDated) return;
  record.oldestMs = record.left > 1 ? Math.min(record.oldestMs, occurredAtMs) : occurredAtMs;
}

/**
 * When the oldest record was written, epoch ms. `head` is what waits behind the records. Undefined where there is
 * neither.
 */
export function oldestOf(records: LinkedList<OpenRecord>, head: Head | undefined): number | undefined {
  let oldestMs = head?.kind === 'record' ? head.timestampMs : Infinity;
  for (let record = records.first(); record !== undefined; record = record.next) {
    oldestMs = Math.min(oldestMs, record.oldestMs);
  }
  return Number.isFinite(oldestMs) ? oldestMs : undefined;
}
