/** Time that jumps from event to event: what happens does not depend on the machine. */
import { popHeap, pushHeap } from '../../../src/runtime/collections/heap.ts';

export interface BenchClock {
  now(): number;
  /** `callback` is called after `ms`. */
  after(ms: number, callback: () => void): void;
}

export interface SimulatedClock extends BenchClock {
  /** Plays everything that was and will be asked for. Microtasks run between any two moments. */
  play(): Promise<void>;
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

export const realClock: BenchClock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    setTimeout(callback, ms);
  },
};

export function createSimulatedClock(): SimulatedClock {
  const heap: Due[] = [];
  let nowMs = 0;
  let order = 0;

  return {
    now: () => nowMs,
    after(ms, callback) {
      pushHeap(heap, { atMs: nowMs + ms, order: order++, callback }, isBefore);
    },
    async play() {
      for (let due = popHeap(heap, isBefore); due !== undefined; due = popHeap(heap, isBefore)) {
        nowMs = due.atMs;
        due.callback();
        // Promise chains of a few steps hang on each completion.
        for (let step = 0; step < 4; step += 1) await Promise.resolve();
      }
    },
  };
}

/** Of two due at once, the one that was asked for first. */
function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
