/**
 * A record's pieces, one after the other, as they are asked for: at hand already, or still being taken apart. A
 * large record is cut no further ahead than a few pieces, so that its events wait in one buffer and not as thousands
 * of objects; but as far as a partition may take in at its turn, else it would get one event in where others get many.
 */
import type { RecordPiece } from '../domain/record.ts';

/** A record that has been taken in and not ended. */
export interface OpenRecord {
  readonly offset: number;
  readonly bytes: number;
  /** More pieces may come. */
  open: boolean;
  /** Pieces taken in and not ended. */
  left: number;
  /** A piece of it was given up: the record stays undecided. */
  isGivenUp: boolean;
}

export interface Pieces {
  readonly owner: OpenRecord;
  /** Undefined while it is being waited for. */
  take(): RecordPiece | undefined;
  /** No piece will come any more. */
  readonly exhausted: boolean;
  /** The rest is not wanted. */
  stop(): void;
}

export function listPieces(owner: OpenRecord, pieces: readonly RecordPiece[]): Pieces {
  let index = 0;
  return {
    owner,
    take: () => pieces[index++],
    get exhausted() {
      return index >= pieces.length;
    },
    stop: () => undefined,
  };
}

/** How many pieces are cut ahead. */
const AHEAD = 16;

/** @param on `onReady`: there is a piece, or there will be none. */
export function streamPieces(
  owner: OpenRecord,
  source: AsyncIterable<RecordPiece>,
  on: { onReady(): void; onFault(error: unknown): void },
): Pieces {
  const iterator = source[Symbol.asyncIterator]();
  const ready: RecordPiece[] = [];
  let taken = 0;
  let isPulling = false;
  let ended = false;
  const pull = (): void => {
    if (isPulling || ended || ready.length - taken >= AHEAD) return;
    isPulling = true;
    iterator.next().then(
      (result) => {
        isPulling = false;
        if (result.done === true) ended = true;
        else ready.push(result.value);
        on.onReady();
        pull();
      },
      (error: unknown) => {
        on.onFault(error);
      },
    );
  };
  pull();
  return {
    owner,
    take() {
      const piece = ready[taken];
      if (piece === undefined) return undefined;
      taken += 1;
      if (taken === ready.length) taken = ready.length = 0;
      pull();
      return piece;
    },
    get exhausted() {
      return ended && ready.length === 0;
    },
    stop() {
      ended = true;
      iterator.return?.().catch((error: unknown) => {
        on.onFault(error);
      });
    },
  };
}
