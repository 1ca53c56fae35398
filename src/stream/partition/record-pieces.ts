/**
 * A record's pieces, one after the other, as they are asked for: at hand already, or still being taken apart. A
 * large record is cut no further ahead than a few pieces, so that its events wait in one buffer and not as thousands
 * of objects; but as far as a partition may take in at its turn, else it would get one event in where others get many.
 */
import type { RecordPiece } from '../../domain/record.ts';
import type { OpenRecord } from './open-record.ts';

export interface Pieces {
  readonly owner: OpenRecord;
  /** Undefined while it is being waited for. */
  take(): RecordPiece | undefined;
  /** No piece will come any more. */
  isExhausted(): boolean;
  /** The rest is not wanted. */
  stop(): void;
}

/** Made for nearly every event: an accessor in an object literal would cost ten times as much as the object. */
export function listPieces(owner: OpenRecord, pieces: readonly RecordPiece[]): Pieces {
  let index = 0;
  return {
    owner,
    take: () => pieces[index++],
    isExhausted: () => index >= pieces.length,
    stop: () => undefined,
  };
}

/** How many pieces are cut ahead, … */
const AHEAD = 16;
/** … with no more than so many bytes of their own, and one more. */
const AHEAD_BYTES = 32 * 1024;

/** @param on `onReady`: there is a piece, or there will be none. */
export function streamPieces(
  owner: OpenRecord,
  source: AsyncIterable<RecordPiece>,
  on: { onReady(): void; onFault(error: unknown): void },
): Pieces {
  const iterator = source[Symbol.asyncIterator]();
  /** Never more than {@link AHEAD}: to shift costs nothing, and what was taken is nowhere kept. */
  const ready: RecordPiece[] = [];
  let readyBytes = 0;
  let isPulling = false;
  let ended = false;
  const pull = (): void => {
    if (isPulling || ended || ready.length >= AHEAD || readyBytes >= AHEAD_BYTES) return;
    isPulling = true;
    iterator.next().then(
      (result) => {
        isPulling = false;
        if (result.done === true) ended = true;
        else {
          ready.push(result.value);
          readyBytes += result.value.ownBytes ?? 0;
        }
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
      const piece = ready.shift();
      if (piece !== undefined) {
        readyBytes -= piece.ownBytes ?? 0;
        pull();
      }
      return piece;
    },
    isExhausted: () => ended && ready.length === 0,
    stop() {
      ended = true;
      iterator.return?.().catch((error: unknown) => {
        on.onFault(error);
      });
    },
  };
}
