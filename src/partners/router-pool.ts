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

interface Waiter extends Abandonable {
  readonly staleAtMs: number;
  readonly hold: Watched;
  readonly resolve: (admission: Admission) => void;
  readonly line: Line;
  previous: Waiter | undefined;
  next: Waiter | undefined;
}

/** Those of one sharer who wait, a linked list so that anybody can leave it at once. */
interface Line {
  readonly sharer: Sharer;
  first: Waiter | undefined;
  last: Waiter | undefined;
}

const SWEEP_MS = 100;

/** @param limit most slots taken at once, ≥ 0. */
export function createRouterPool(limit: number, clock: Clock): RouterPool {
  const shares = createFairShares(limit);
  /** Of sharers who have somebody waiting; whose turn it is comes first. */
  const lines = new Map<Sharer, Line>();
  let waiters = 0;
  let sweeping = false;
  const closed = new AbortController();

  function append(waiter: Waiter): void {
    const { line } = waiter;
    waiter.previous = line.last;
    if (line.last === undefined) line.first = waiter;
    else line.last.next = waiter;
    line.last = waiter;
    waiters += 1;
  }

  function end(waiter: Waiter, admission: Admission): void {
    const { line } = waiter;
    if (waiter.previous === undefined) line.first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) line.last = waiter.previous;
    else waiter.next.previous = waiter.previous;
    if (line.first === undefined) lines.delete(line.sharer);
    waiter.previous = waiter.next = undefined;
    waiters -= 1;
    waiter.hold.unwatch(waiter);
    waiter.resolve(admission);
  }

  /** The first who may have a slot; its sharer's next turn comes after everybody else's. */
  function takeTurn(): Waiter | undefined {
    for (const line of lines.values()) {
      if (!shares.mayTake(line.sharer)) continue;
      lines.delete(line.sharer);
      lines.set(line.sharer, line);
      return line.first;
    }
    return undefined;
  }

  function admit(): void {
    while (shares.total < shares.size) {
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
    for (const line of [...lines.values()]) {
      let waiter = line.first;
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
      if (shares.total >= shares.size || closed.signal.aborted) return false;
      if (lines.has(sharer) || !shares.mayTake(sharer)) return false;
      shares.take(sharer);
      return true;
    },
    wait(staleAtMs, hold, sharer) {
      if (hold.isLost() || closed.signal.aborted) return Promise.resolve('abandoned');
      return new Promise((resolve) => {
        let line = lines.get(sharer);
        if (line === undefined) lines.set(sharer, (line = { sharer, first: undefined, last: undefined }));
        const waiter: Waiter = {
          staleAtMs,
          hold,
          resolve,
          line,
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
    limit: () => shares.size,
    inFlight: () => shares.total,
    waiting: () => waiters,
    close() {
      closed.abort();
      endAll('abandoned', () => true);
    },
  };
}
