/**
 * The router pool: at most `limit` calls are out at once, the others wait here in the order in which they came.
 * Waiting costs no socket and no timer; it ends when a slot is free, when the event is stale, or when its hold
 * is lost. The limit may be changed at any time: 0 lets nobody through (the breaker is open), a smaller one takes
 * effect as calls return.
 */
import type { Clock } from '../pipeline/ports.ts';
import { unwatch, watch, type Abandonable } from './abort-hub.ts';

export type Admission = 'admitted' | 'stale' | 'abandoned';

export interface RouterPool {
  /** Takes a slot if one is free and nobody waits. */
  tryEnter(): boolean;
  /**
   * Waits for a slot. Resolves as `admitted` (the caller holds a slot now), `stale` within 100 ms after
   * `staleAtMs` (epoch ms), or `abandoned` at once when the signal is aborted. Never rejects.
   */
  wait(staleAtMs: number, signal: AbortSignal): Promise<Admission>;
  /** Gives a slot back. */
  leave(): void;
  /** @param limit ≥ 0, whole. */
  setLimit(limit: number): void;
  limit(): number;
  /** Slots taken. */
  inFlight(): number;
  waiting(): number;
  /** All who wait are abandoned; who comes later, too. */
  close(): void;
}

interface Waiter extends Abandonable {
  readonly staleAtMs: number;
  readonly signal: AbortSignal;
  readonly resolve: (admission: Admission) => void;
  previous: Waiter | undefined;
  next: Waiter | undefined;
}

const SWEEP_MS = 100;

/** @param limit most slots taken at once, ≥ 0. */
export function createRouterPool(limit: number, clock: Clock): RouterPool {
  let capacity = limit;
  let taken = 0;
  let waiters = 0;
  let first: Waiter | undefined;
  let last: Waiter | undefined;
  let sweeping = false;
  const closed = new AbortController();

  function append(waiter: Waiter): void {
    waiter.previous = last;
    if (last === undefined) first = waiter;
    else last.next = waiter;
    last = waiter;
    waiters += 1;
  }

  function end(waiter: Waiter, admission: Admission): void {
    if (waiter.previous === undefined) first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) last = waiter.previous;
    else waiter.next.previous = waiter.previous;
    waiters -= 1;
    unwatch(waiter.signal, waiter);
    waiter.resolve(admission);
  }

  function admit(): void {
    while (first !== undefined && taken < capacity) {
      const waiter = first;
      if (waiter.staleAtMs <= clock.now()) {
        end(waiter, 'stale');
      } else {
        taken += 1;
        end(waiter, 'admitted');
      }
    }
  }

  /** One timer for all who wait: deadlines are minutes away as a rule, and a walk over thousands takes microseconds. */
  async function sweep(): Promise<void> {
    while (waiters > 0 && !closed.signal.aborted) {
      await clock.sleep(SWEEP_MS, closed.signal);
      const nowMs = clock.now();
      let waiter = first;
      while (waiter !== undefined) {
        const { next } = waiter;
        if (waiter.staleAtMs <= nowMs) end(waiter, 'stale');
        waiter = next;
      }
    }
    sweeping = false;
  }

  return {
    tryEnter() {
      // Whoever waits has filled the pool up: a free slot means that nobody does.
      if (taken >= capacity || closed.signal.aborted) return false;
      taken += 1;
      return true;
    },
    wait(staleAtMs, signal) {
      if (signal.aborted || closed.signal.aborted) return Promise.resolve('abandoned');
      return new Promise((resolve) => {
        const waiter: Waiter = {
          staleAtMs,
          signal,
          resolve,
          previous: undefined,
          next: undefined,
          abandon: () => end(waiter, 'abandoned'),
        };
        append(waiter);
        watch(signal, waiter);
        admit();
        if (!sweeping && waiters > 0) {
          sweeping = true;
          void sweep();
        }
      });
    },
    leave() {
      taken -= 1;
      admit();
    },
    setLimit(next) {
      capacity = next;
      admit();
    },
    limit: () => capacity,
    inFlight: () => taken,
    waiting: () => waiters,
    close() {
      closed.abort();
      while (first !== undefined) end(first, 'abandoned');
    },
  };
}
