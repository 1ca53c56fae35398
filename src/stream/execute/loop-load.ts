/** Watches this process's event loop, and lets fewer tasks run at once while it is short of time. */
import { createLoadLimit } from './load-limit.ts';
import type { KeyedExecutor } from './keyed-executor.ts';
import { every } from '../../runtime/clock.ts';
import { createLoopMeter } from '../../runtime/loop-meter.ts';

/** Often enough to shrink within a second; each sample costs some 5 µs. */
const INTERVAL_MS = 50;
/** This many tasks are always worth having started: they hide what each of them waits for. */
const LEAST_ROOM = 16;

export interface LoopLoad {
  stop(): void;
}

/**
 * Tasks that run for two ticks wait on I/O and need no time of the loop. They come on top of the limit: else held calls
 * of one partition would leave the others none of a limit that has shrunk.
 *
 * Goes on until it is stopped; doesn’t keep the process alive. The executor’s first limit is the most it gets.
 */
export function limitByLoopLoad(executor: KeyedExecutor): LoopLoad {
  const most = executor.maxRunning;
  const limit = createLoadLimit({ least: Math.min(LEAST_ROOM, most), most });
  const sample = createLoopMeter();
  let endedSeen = executor.ended;
  const stop = every(INTERVAL_MS, () => {
    const { ended } = executor;
    limit.sampled({ ...sample(), ended: ended - endedSeen });
    endedSeen = ended;
    executor.tick();
    const room = Math.min(most, limit.current() + executor.longRunning);
    if (room !== executor.maxRunning) executor.setMaxRunning(room);
  });
  return { stop };
}
