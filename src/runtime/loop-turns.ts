/**
 * Lets long decoding share the event loop. Everyone who works in slices waits here between them; each turn of
 * the loop lets one of them go on, first come first served. So ten large records decoded at once delay timers
 * and sockets by one slice a turn, not by ten. One queue for the process, because it has one loop.
 */

import { performance } from 'node:perf_hooks';

/** What a slice should last at most, in ms: about what timers and sockets may wait for it. */
const SLICE_MS = 4;

const waiting: (() => void)[] = [];
let spentMs = 0;

function admitOne(): void {
  const admit = waiting.shift();
  if (waiting.length > 0) setImmediate(admitOne);
  admit?.();
}

/** How often the loop has turned. */
export function countTurns(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount;
}

/** For how long slices have kept the loop so far, in ms: all of this process's pacers together. */
export function slicedMs(): number {
  return spentMs;
}

/** Resolves in a later turn of the event loop, alone in it among all who wait here. */
export function takeLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(admitOne);
  });
}

export interface Pacer {
  /** Whether the present slice is over. */
  isDue(): boolean;
  /** Lets the loop turn; the next slice begins with it. */
  turn(): Promise<void>;
}

/**
 * For work that checks now and then whether it has kept the loop for long enough. What it does after its last turn is
 * no slice of {@link slicedMs}, nor is one that was interrupted by a wait for something else.
 */
export function createPacer(): Pacer {
  let startMs = performance.now();
  let startTurn = countTurns();
  return {
    isDue: () => performance.now() >= startMs + SLICE_MS,
    async turn() {
      if (countTurns() === startTurn) spentMs += performance.now() - startMs;
      await takeLoopTurn();
      startMs = performance.now();
      startTurn = countTurns();
    },
  };
}
