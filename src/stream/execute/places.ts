/**
 * The places of running tasks: which task has one, which is parked (it waits, and has given its place back), and which
 * has returned.
 *
 * Tasks that ask to return hold at most a quarter of the places while others want to start. What is tried again is what
 * may hang, and no first try may wait for it. Tasks that must go on at once don’t count for that quarter: they are on
 * their first try, or hold what others want.
 */
import { createFairShares } from '../../runtime/collections/fair-shares.ts';

/** The started task of a key, as the executor knows it. Good until that task has ended. */
export interface Seat {
  /** True while a task of this key has been started and not ended. */
  busy: boolean;
  /** Of that task, or of the last one: a key’s tasks may belong to several partitions. */
  partition: number | undefined;
  /** The same task's: the tick at which it was started, or came back to work. */
  startedAt: number;
  /** The same task's: its place in the order of submission. */
  arrival: number;
  /** The task has given its place back and waits; its key stays busy. */
  parked: boolean;
  /** The task has been parked, has asked for a place and has one again. */
  returned: boolean;
  /** Gives a parked task its place; undefined while the task asks for none. */
  admit: (() => void) | undefined;
}

/** Where a started task gives its place back and asks for one again. */
export interface Parking {
  /** The task only waits from now on: another one may have its place. Twice is once. May start other tasks. */
  park(seat: Seat): void;
  /**
   * The task goes on at once, with or without a free place: for one that holds what others want. Does nothing where it
   * is not parked.
   */
  unpark(seat: Seat): void;
  /**
   * Undefined where the task is not parked. Else resolves as soon as it has a place, and must be awaited. Never
   * rejects.
   */
  whenRoom(seat: Seat): Promise<void> | undefined;
}

const RETURNED_SHARE = 0.25;

export interface Places {
  /** Taken: 0 … {@link size}; above it only after it was lowered, or by {@link reacquire}. */
  taken(): number;
  parked(): number;
  size(): number;
  /** Taken for at least two ticks. */
  longRunning(): number;
  tick(): void;
  readonly canAcquire: (partition: number | undefined) => boolean;
  /** Whether a returning task may have a place although others want to start. */
  canReturn(): boolean;
  /** Takes a place for the seat’s task, which starts. */
  acquire(seat: Seat, partition: number | undefined): void;
  /** The seat's task has ended, parked or not. */
  leave(seat: Seat): void;
  /** @param seat one that has a place. */
  park(seat: Seat): void;
  /** @param seat one that is parked. @param hasAsked and waited for the place, as {@link canReturn} let it. */
  reacquire(seat: Seat, hasAsked: boolean): void;
  /** @throws RangeError where the size is no integer ≥ 1 and not Infinity. */
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
  /** Places taken since the last tick, and between the last two. */
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
