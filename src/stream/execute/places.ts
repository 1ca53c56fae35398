/**
 * The places among the tasks at work: who has one, who has given his back because he only waits (he is parked), and
 * who came back. Those that ask to come back never hold more than a quarter of the places while others want to start:
 * what is tried again is what may hang, and the first try of everything else must not wait for it. Those that must go on
 * at once don't count for that quarter: they are on their first try, or hold what others want.
 */
import { createFairShares } from '../../runtime/collections/fair-shares.ts';

/** The started task of a key, as the executor knows it. Good until that task has ended. */
export interface Seat {
  /** True while a task of this key has been started and not ended. */
  busy: boolean;
  /** Of that task, or the last one: a key's tasks may belong to several. */
  partition: number | undefined;
  /** The same task's: the tick at which it was started, or came back to work. */
  startedAt: number;
  /** The same task's: its place in the order of submission. */
  arrival: number;
  /** It has given its place back and waits; its key stays busy. */
  parked: boolean;
  /** It has been parked, has asked for a place and has it. */
  returned: boolean;
  /** Tells it, parked, that it has a place again; undefined while it asks for none. */
  admit: (() => void) | undefined;
}

/** Where a started task gives its place back, and asks for it again. */
export interface Parking {
  /** The task only waits from now on: others may have its place. Twice is once. May start other tasks. */
  park(seat: Seat): void;
  /** It goes on at once, room or not: for one that holds what others want. Nothing, where it is not parked. */
  unpark(seat: Seat): void;
  /** Undefined where it is not parked; else resolves as soon as it has a place, and is to be waited for. Never rejects. */
  whenRoom(seat: Seat): Promise<void> | undefined;
}

const RETURNED_SHARE = 0.25;

export interface Places {
  /** Taken: 0 … {@link size}; above it only after it was lowered, or by {@link reacquire}. */
  taken(): number;
  parked(): number;
  size(): number;
  /** Taken since before the last but one {@link tick}. */
  longRunning(): number;
  tick(): void;
  readonly canAcquire: (partition: number | undefined) => boolean;
  /** Whether one that comes back may have a place although others want to start. */
  canReturn(): boolean;
  /** For the seat's task, which starts. */
  acquire(seat: Seat, partition: number | undefined): void;
  /** The seat's task has ended, parked or not. */
  leave(seat: Seat): void;
  /** @param seat one that has a place. */
  park(seat: Seat): void;
  /** @param seat one that is parked. @param hasAsked and waited for the place, as {@link canReturn} let it. */
  reacquire(seat: Seat, hasAsked: boolean): void;
  /** @throws RangeError where it is no integer ≥ 1 and not Infinity. */
  resize(size: number): void;
  shareBetween(partitions: number): void;
}

/** O(1) a call. @throws RangeError as {@link Places.resize} does. */
export function createPlaces(size: number): Places {
  let places = checkSize(size);
  const shares = createFairShares(places);
  let parked = 0;
  let returned = 0;
  let ticks = 0;
  /** Of those taken: since the last tick, and between the last two. */
  let young = 0;
  let older = 0;

  function begin(seat: Seat): void {
    seat.startedAt = ticks;
    young += 1;
    shares.acquire(seat.partition);
  }

  function release(seat: Seat): void {
    if (seat.startedAt === ticks) young -= 1;
    else if (seat.startedAt === ticks - 1) older -= 1;
    if (seat.returned) returned -= 1;
    seat.returned = false;
    shares.release(seat.partition);
  }

  return {
    taken: () => shares.total(),
    parked: () => parked,
    size: () => places,
    longRunning: () => shares.total() - young - older,
    tick() {
      ticks += 1;
      older = young;
      young = 0;
    },
    canAcquire: shares.canAcquire,
    canReturn: () => returned < Math.max(1, Math.floor(places * RETURNED_SHARE)),
    acquire(seat, partition) {
      seat.partition = partition;
      begin(seat);
    },
    leave(seat) {
      if (seat.parked) {
        seat.parked = false;
        seat.admit = undefined;
        parked -= 1;
      } else release(seat);
    },
    park(seat) {
      release(seat);
      seat.parked = true;
      parked += 1;
    },
    reacquire(seat, hasAsked) {
      seat.parked = false;
      parked -= 1;
      seat.returned = hasAsked;
      if (hasAsked) returned += 1;
      begin(seat);
    },
    resize(next) {
      places = checkSize(next);
      shares.resize(places);
    },
    shareBetween: (partitions) => shares.shareBetween(partitions),
  };
}

function checkSize(value: number): number {
  if (value === Infinity || (Number.isSafeInteger(value) && value >= 1)) return value;
  throw new RangeError(`maxRunning: expected an integer ≥ 1 or Infinity, got ${String(value)}`);
}
