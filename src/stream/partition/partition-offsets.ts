/**
 * How far one partition may be committed, when its records end in any order. Every offset below the watermark has
 * ended. The watermark never passes an undecided record and never goes backwards.
 *
 * A ring keeps the records from the first undecided one on. So memory grows with the records received beyond the
 * watermark, not with offsets: a compacted stretch of a billion offsets costs nothing. A record is found by its
 * distance from both ends of the ring. That is exact where no offsets are missing in between (O(1)), else it halves
 * over as many places as are missing.
 */

export interface PartitionOffsets {
  /** The next offset expected. */
  position(): number;
  /**
   * Receives a record. `pieces` of it are undecided, and with 0 it is finished already. An `'open'` record has no
   * pieces yet and stays undecided until it is closed. Offsets between {@link position} and this one count as skipped.
   * @returns false, and changes nothing, for an offset below {@link position}: a duplicate.
   * @throws RangeError where the offset or the number of pieces is not an integer ≥ 0.
   */
  receive(offset: number, pieces: number | 'open'): boolean;
  /** One more undecided piece of an open record. @throws Error where the record is not open. */
  addPiece(offset: number): void;
  /** No more pieces will come. @throws Error where the record is not open. */
  close(offset: number): void;
  /** @throws Error where the record has no undecided piece (finished twice, or never received). */
  finishPiece(offset: number): void;
  /** Offsets to before `next` hold only control, aborted or compacted records: moves the position there, never back. */
  skipTo(next: number): void;
  /** Every offset below is finished: what may be committed. At most {@link position}, never falls. */
  watermark(): number;
  /** Pieces received and not finished. An open record without pieces has none, but holds the watermark. */
  undecided(): number;
  /** `position - watermark`: 0 exactly when everything received is finished. */
  span(): number;
}

/** Room for this many records is kept even when there are none. */
const MIN_CAPACITY = 64;
/** A record's state is twice its undecided pieces, plus 1 while it is open; 0 is finished. */
const OPEN = 1;
const ONE_PIECE = 2;
const MAX_PIECES = 2 ** 30;

/** @throws RangeError where `startOffset` is not an integer ≥ 0. */
export function createPartitionOffsets(options: { readonly startOffset: number }): PartitionOffsets {
  let offsets = new Float64Array(MIN_CAPACITY);
  let states = new Uint32Array(MIN_CAPACITY);
  let head = 0;
  let size = 0;
  let position = checkOffset(options.startOffset);
  let undecided = 0;

  function resize(capacity: number): void {
    const nextOffsets = new Float64Array(capacity);
    const nextStates = new Uint32Array(capacity);
    for (let index = 0; index < size; index += 1) {
      nextOffsets[index] = offsetAt(index);
      nextStates[index] = states[slot(index)] ?? 0;
    }
    offsets = nextOffsets;
    states = nextStates;
    head = 0;
  }

  function slot(index: number): number {
    return (head + index) & (offsets.length - 1);
  }

  function offsetAt(index: number): number {
    return offsets[slot(index)] ?? NaN;
  }

  /** The slot of a record at or beyond the watermark. @throws Error where there is none. */
  function findSlot(offset: number): number {
    if (size > 0 && offset >= offsetAt(0) && offset <= offsetAt(size - 1)) {
      let high = Math.min(size - 1, offset - offsetAt(0));
      let low = Math.max(0, size - 1 - (offsetAt(size - 1) - offset));
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (offsetAt(middle) < offset) low = middle + 1;
        else high = middle;
      }
      if (offsetAt(low) === offset) return slot(low);
    }
    throw new Error(`offset ${String(offset)} is finished already or was never received`);
  }

  function passFinished(): void {
    while (size > 0 && states[head] === 0) {
      head = slot(1);
      size -= 1;
    }
    if (offsets.length > MIN_CAPACITY && size < offsets.length / 8) resize(offsets.length / 4);
  }

  function openSlot(offset: number): number {
    const at = findSlot(offset);
    if (((states[at] ?? 0) & OPEN) === 0) throw new Error(`offset ${String(offset)} is not open`);
    return at;
  }

  function change(at: number, by: number): void {
    const state = (states[at] ?? 0) + by;
    states[at] = state;
    if (state === 0 && at === head) passFinished();
  }

  return {
    position: () => position,
    watermark: () => (size === 0 ? position : offsetAt(0)),
    undecided: () => undecided,
    span: () => (size === 0 ? 0 : position - offsetAt(0)),
    receive(offset, pieces) {
      checkOffset(offset);
      if (pieces !== 'open') checkPieces(pieces);
      if (offset < position) return false;
      position = offset + 1;
      if (pieces === 0 && size === 0) return true;
      if (size === offsets.length) resize(2 * size);
      const at = slot(size);
      offsets[at] = offset;
      states[at] = pieces === 'open' ? OPEN : pieces * ONE_PIECE;
      size += 1;
      if (pieces !== 'open') undecided += pieces;
      return true;
    },
    addPiece(offset) {
      change(openSlot(offset), ONE_PIECE);
      undecided += 1;
    },
    close(offset) {
      change(openSlot(offset), -OPEN);
    },
    finishPiece(offset) {
      const at = findSlot(offset);
      if ((states[at] ?? 0) < ONE_PIECE) {
        throw new Error(`offset ${String(offset)} has no undecided piece`);
      }
      undecided -= 1;
      change(at, -ONE_PIECE);
    },
    skipTo(next) {
      position = Math.max(position, checkOffset(next));
    },
  };
}

function checkOffset(offset: number): number {
  if (Number.isInteger(offset) && offset >= 0 && offset <= 2 ** 53) return offset;
  throw new RangeError(`offset: expected an integer 0…2^53, got ${String(offset)}`);
}

function checkPieces(pieces: number): void {
  if (Number.isInteger(pieces) && pieces >= 0 && pieces <= MAX_PIECES) return;
  throw new RangeError(`pieces: expected an integer 0…2^30, got ${String(pieces)}`);
}
