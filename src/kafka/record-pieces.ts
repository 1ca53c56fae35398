/**
 * A record's pieces, one after the other, as they are asked for: at hand already, or still being taken apart. A
 * large record is cut no further ahead than one piece, so that its events wait in one buffer and not as thousands
 * of objects.
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

/** @param on `onReady`: there is a piece, or there will be none. */
export function streamPieces(
  owner: OpenRecord,
  source: AsyncIterable<RecordPiece>,
  on: { onReady(): void; onFault(error: unknown): void },
): Pieces {
  const iterator = source[Symbol.asyncIterator]();
  let ready: RecordPiece | undefined;
  let exhausted = false;
  const pull = (): void => {
    iterator.next().then(
      (result) => {
        if (result.done === true) exhausted = true;
        else ready = result.value;
        on.onReady();
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
      const piece = ready;
      ready = undefined;
      if (piece !== undefined) pull();
      return piece;
    },
    get exhausted() {
      return exhausted && ready === undefined;
    },
    stop() {
      iterator.return?.().catch((error: unknown) => {
        on.onFault(error);
      });
    },
  };
}
