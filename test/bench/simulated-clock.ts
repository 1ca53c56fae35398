/** Time that jumps from event to event: what happens does not depend on the machine. */

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

  function isBefore(a: Due, b: Due): boolean {
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  }

  function push(due: Due): void {
    let at = heap.push(due) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || isBefore(parent, due)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = due;
  }

  function pop(): Due | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      const left = heap[down];
      if (left === undefined) break;
      const right = heap[down + 1];
      if (right !== undefined && isBefore(right, left)) down += 1;
      const child = heap[down];
      if (child === undefined || isBefore(last, child)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
    return first;
  }

  return {
    now: () => nowMs,
    after(ms, callback) {
      push({ atMs: nowMs + ms, order: order++, callback });
    },
    async play() {
      for (let due = pop(); due !== undefined; due = pop()) {
        nowMs = due.atMs;
        due.callback();
        // Promise chains of a few steps hang on each completion.
        for (let step = 0; step < 4; step += 1) await Promise.resolve();
      }
    },
  };
}
