/** Virtual time in which things happen side by side: each runs until it waits, the one that is due first goes on. */

export interface Timeline {
  /** Epoch ms. */
  readonly now: () => number;
  /** What is due at once waits for what was due before. */
  until(atMs: number): Promise<void>;
  start(atMs: number, run: () => Promise<unknown>): void;
  /** Resolves once nothing is left to happen. Rejects as the first that fails. */
  play(): Promise<void>;
}

interface Due {
  readonly atMs: number;
  readonly turn: number;
  readonly goOn: () => void;
}

export function createTimeline(fromMs: number): Timeline {
  let nowMs = fromMs;
  let turn = 0;
  const waiting: Due[] = [];
  const started: Promise<unknown>[] = [];
  const wait = (atMs: number, goOn: () => void): void => {
    waiting.push({ atMs, turn: (turn += 1), goOn });
  };
  return {
    now: () => nowMs,
    until: (atMs) =>
      new Promise((resolve) => {
        wait(atMs, resolve);
      }),
    start(atMs, run) {
      wait(atMs, () => started.push(run()));
    },
    async play() {
      while (waiting.length > 0) {
        const next = waiting.reduce((a, b) =>
          b.atMs < a.atMs || (b.atMs === a.atMs && b.turn < a.turn) ? b : a,
        );
        waiting.splice(waiting.indexOf(next), 1);
        nowMs = Math.max(nowMs, next.atMs);
        next.goOn();
        // Promises settle before the loop turns.
        await new Promise(setImmediate);
      }
      await Promise.all(started);
    },
  };
}
