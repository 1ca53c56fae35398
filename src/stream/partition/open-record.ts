/**
 * A record of which events have been taken in and have not all ended: which of them have their outcome, what it still
 * holds in memory, and how old the oldest of them is.
 */
import type { Linked, LinkedList } from '../../runtime/collections/linked-list.ts';
import type { RecordPiece } from '../../domain/record.ts';
import type { Head } from '../buffer/flow-buffer.ts';
import { isDecided, NOTHING_DECIDED, undecidedBeyond, type Progress } from './progress.ts';

/** A record that has been taken in and not ended. */
export interface OpenRecord extends Linked<OpenRecord> {
  readonly offset: number;
  /** The earliest `occurredAt` of its events so far, epoch ms; before there is one, about when it was written. */
  oldestMs: number;
  /** What it counts for while it is held. */
  bytes: number;
  /** Of those, its value's: let go of once all pieces are cut and none of them needs it any more. */
  valueBytes: number;
  /** Pieces taken in and not ended that need its value. */
  needing: number;
  /** More pieces may come. */
  open: boolean;
  /** Pieces taken in and not ended. */
  left: number;
  /** A piece of it was given up: the record stays undecided. */
  isGivenUp: boolean;
  /** What an earlier assignment has done of it. */
  readonly inherited: Progress;
  /** Pieces below are taken in or were done before; 0 where there is only one. */
  taken: number;
  /** Of those, the ones without outcome, ascending, as they are taken in in that order; undefined where there is only one. */
  undecided: Set<number> | undefined;
}

/**
 * Whether an earlier assignment has decided it. Not of a first piece that can't be read: to a pod with other limits the
 * whole record may be one, which says nothing of the events that another saw in it.
 */
export function isDoneBefore({ inherited }: OpenRecord, { source, content }: RecordPiece): boolean {
  return isDecided(inherited, source.index) && (source.index > 0 || content.kind === 'json');
}

/** Counts a piece as taken in. Costs nothing for a record that has only one, as nearly all have. */
export function markTaken(owner: OpenRecord, { source: { index } }: RecordPiece, isWork: boolean): void {
  if (index === 0 && !owner.open) return;
  owner.taken = index + 1;
  owner.undecided ??= new Set();
  if (isWork) owner.undecided.add(index);
}

/** What is decided of a record that as a whole is not. */
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

/** Of an event that has just been taken in. */
export function markAge(record: OpenRecord, occurredAtMs: number | undefined): void {
  if (occurredAtMs === undefined) return;
  record.oldestMs = record.left > 1 ? Math.min(record.oldestMs, occurredAtMs) : occurredAtMs;
}

/** When the oldest of them occurred, epoch ms; `head` is what waits behind them. Undefined where there is none. */
export function oldestOf(records: LinkedList<OpenRecord>, head: Head | undefined): number | undefined {
  let oldestMs = head?.kind === 'record' ? head.timestampMs : Infinity;
  for (let record = records.first(); record !== undefined; record = record.next) {
    oldestMs = Math.min(oldestMs, record.oldestMs);
  }
  return Number.isFinite(oldestMs) ? oldestMs : undefined;
}
