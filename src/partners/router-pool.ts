/**
 * The router pool: at most `limit` calls are out at once, the others wait here. Slots are shared out fairly between
 * those who name themselves (partitions), so that one whose calls all hang leaves room for the others' calls; each
 * sharer's own calls go in the order in which they came, sharers take turns.
 *
 * Waiting costs no socket and no timer; it ends when there is a slot, when the event is stale, or when its hold
 * is lost. The limit may be changed at any time: 0 lets nobody through (the breaker is open), a smaller one takes
 * effect as calls return.
 */
import { createFairShares, type Sharer } from '../domain/fair-shares.ts';
import { createLinkedList, type Linked, type LinkedList } from '../domain/linked-list.ts';
import type { Abandonable, Clock, Hold } from '../pipeline/ports.ts';

export type Admission = 'admitted' | 'stale' | 'abandoned';

export interface RouterPool {
  /** Takes a slot where the sharer may have one and has nobody waiting. */
  tryEnter(sharer?: Sharer): boolean;
  /**
   * Waits for a slot. Resolves as `admitted` (the caller holds a slot now), `stale` within 100 ms after
   * `staleAtMs` (epoch ms), or `abandoned` at once when the hold is lost. Never rejects.
   */
  wait(staleAtMs: number, hold: Watched, sharer?: Sharer): Promise<Admission>;
  /** Gives a slot back, by whom it was taken. */
  leave(sharer?: Sharer): void;
  /** @param limit ≥ 0, whole. */
  setLimit(limit: number): void;
  /** @param sharers between how many the slots are shared out, ≥ 1; 1 at first. */
  shareBetween(sharers: number): void;
  limit(): number;
  /** Slots taken. */
  inFlight(): number;
  waiting(): number;
  /** All who wait are abandoned; who comes later, too. */
  close(): void;
}

/** What is asked of a hold here. */
export type Watched = Pick<Hold, 'isLost' | 'watch' | 'unwatch'>;

interface Waiter extends Abandonable, Linked<Waiter> {
  readonly staleAtMs: number;
  readonly hold: Watched;
  readonly resolve: (admission: Admission) => void;
  readonly line: Line;
}

/** Those of one sharer who wait; it takes turns while there are any. */
interface Line extends Linked<Line> {
  readonly sharer: Sharer;
  readonly waiters: LinkedList<Waiter>;
}

const SWEEP_MS = 100;

/** @param limit most slots taken at once, ≥ 0. */
export function createRouterPool(limit: number, clock: Clock): RouterPool {
  const shares = createFairShares(limit);
  /** Of every sharer who ever had somebody waiting: there are few. */
  const lines = new Map<Sharer, Line>();
  /** Of those who have now; whose turn it is comes first. */
  const inTurn = createLinkedList<Line>();
  let waiters = 0;
  let sweeping = false;
  const closed = new AbortController();

  function lineOf(sharer: Sharer): Line {
    const known = lines.get(sharer);
    if (known !== undefined) return known;
    const line: Line = { sharer, waiters: createLinkedList(), previous: undefined, next: undefined };
    lines.set(sharer, line);
    return line;
  }

  function append(waiter: Waiter): void {
    const { line } = waiter;
    if (line.waiters.first() === undefined) inTurn.append(line);
    line.waiters.append(waiter);
    waiters += 1;
  }

  function end(waiter: Waiter, admission: Admission): void {
    const { line } = waiter;
    line.waiters.remove(waiter);
    if (line.waiters.first() === undefined) inTurn.remove(line);
    waiters -= 1;
    waiter.hold.unwatch(waiter);
    waiter.resolve(admission);
  }

  /** The first who may have a slot; its sharer's next turn comes after everybody else's. */
  function takeTurn(): Waiter | undefined {
    for (let line = inTurn.first(); line !== undefined; line = line.next) {
      if (!shares.mayTake(line.sharer)) continue;
      inTurn.remove(line);
      inTurn.append(line);
      return line.waiters.first();
    }
    return undefined;
  }

  function admit(): void {
    while (shares.total() < shares.size()) {
      const waiter = takeTurn();
      if (waiter === undefined) return;
      if (waiter.staleAtMs <= clock.now()) {
        end(waiter, 'stale');
      } else {
        shares.take(waiter.line.sharer);
        end(waiter, 'admitted');
      }
    }
  }

  function endAll(admission: Admission, isDue: (waiter: Waiter) => boolean): void {
    for (const { waiters: inLine } of lines.values()) {
      let waiter = inLine.first();
      while (waiter !== undefined) {
        const { next } = waiter;
        if (isDue(waiter)) end(waiter, admission);
        waiter = next;
      }
    }
  }

  /** One timer for all who wait: deadlines are minutes away as a rule, and a walk over thousands takes microseconds. */
  async function sweep(): Promise<void> {
    while (waiters > 0 && !closed.signal.aborted) {
      await clock.sleep(SWEEP_MS, closed.signal);
      const nowMs = clock.now();
      endAll('stale', ({ staleAtMs }) => staleAtMs <= nowMs);
    }
    sweeping = false;
  }

  return {
    tryEnter(sharer) {
      if (shares.total() >= shares.size() || closed.signal.aborted) return false;
      if (lines.get(sharer)?.waiters.first() !== undefined || !shares.mayTake(sharer)) return false;
      shares.take(sharer);
      return true;
    },
    wait(staleAtMs, hold, sharer) {
      if (hold.isLost() || closed.signal.aborted) return Promise.resolve('abandoned');
      return new Promise((resolve) => {
        const waiter: Waiter = {
          staleAtMs,
          hold,
          resolve,
          line: lineOf(sharer),
          previous: undefined,
          next: undefined,
          abandon: () => end(waiter, 'abandoned'),
        };
        append(waiter);
        hold.watch(waiter);
        admit();
        if (!sweeping && waiters > 0) {
          sweeping = true;
          void sweep();
        }
      });
    },
    leave(sharer) {
      shares.giveBack(sharer);
      admit();
    },
    setLimit(next) {
      shares.resize(next);
      admit();
    },
    shareBetween(sharers) {
      shares.shareBetween(sharers);
      admit();
    },
    limit: () => shares.size(),
    inFlight: () => shares.total(),
    waiting: () => waiters,
    close() {
      closed.abort();
      endAll('abandoned', () => true);
    },
  };
}
