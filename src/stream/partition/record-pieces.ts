/**
 * A record’s pieces, one after the other: at hand already, or still being cut. A large record is cut only a few pieces
 * ahead, so that its events wait as one buffer and not as thousands of objects. The pieces ahead are as many as a
 * partition may take in at its turn, so that the record gets its full turn.
 */
import type { RecordPiece } from '../../domain/record.ts';
import type { OpenRecord } from './open-record.ts';

export interface Pieces {
  readonly owner: OpenRecord;
  /** Undefined while the next piece is still being cut. */
  take(): RecordPiece | undefined;
  /** No piece will come any more. */
  isExhausted(): boolean;
  /** Drops the rest. */
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

/** @param on `onReady`: a piece is there, or none will come. */
export function streamPieces(
  owner: OpenRecord,
  source: AsyncIterable<RecordPiece>,
  on: { onReady(): void; onFault(error: unknown): void },
): Pieces {
  const iterator = source[Symbol.asyncIterator]();
  /** At most {@link AHEAD} pieces: shifting costs nothing, and a taken piece is kept nowhere. */
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
