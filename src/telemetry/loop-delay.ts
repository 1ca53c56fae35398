/** How late the event loop comes to its timers: how long whatever else is due waits, too. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const SAMPLED_EVERY_MS = 10;

export interface LoopDelay {
  /** The 99th percentile since it was last asked, in ms: about 0 for a loop that rests. */
  takeP99Ms(): number;
  stop(): void;
}

export function watchLoopDelay(): LoopDelay {
  const intervals = monitorEventLoopDelay({ resolution: SAMPLED_EVERY_MS });
  intervals.enable();
  return {
    takeP99Ms() {
      // Node records the whole time between two samples, the pause that was meant included.
      const p99Ms = intervals.percentile(99) / 1e6 - SAMPLED_EVERY_MS;
      intervals.reset();
      return Math.max(0, p99Ms);
    },
    stop() {
      intervals.disable();
    },
  };
}
