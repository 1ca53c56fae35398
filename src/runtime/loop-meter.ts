/** How this process's event loop spends its time. */
import { performance } from 'node:perf_hooks';
import { countTurns, slicedMs } from './loop-turns.ts';

/** Since the sample before. */
export interface LoopSample {
  /** Ms in callbacks. */
  readonly busyMs: number;
  /** Ms altogether. */
  readonly elapsedMs: number;
  /** Of the busy ms, those of work that lets the loop turn between its slices. */
  readonly slicedMs: number;
  readonly turns: number;
}

/** @returns a function that samples; the first sample counts from here. A sample costs some 5 µs. */
export function createLoopMeter(): () => LoopSample {
  let seen = performance.eventLoopUtilization();
  let turnsSeen = countTurns();
  let slicedSeenMs = slicedMs();
  return () => {
    const now = performance.eventLoopUtilization();
    const turns = countTurns();
    const sliced = slicedMs();
    const { active, idle } = performance.eventLoopUtilization(now, seen);
    const sample: LoopSample = {
      busyMs: active,
      elapsedMs: active + idle,
      slicedMs: sliced - slicedSeenMs,
      turns: turns - turnsSeen,
    };
    seen = now;
    turnsSeen = turns;
    slicedSeenMs = sliced;
    return sample;
  };
}

/** @returns a function that tells the ms of CPU that this thread has used since. Not by the clock: others work here, too. */
export function startCpuMeter(): () => number {
  const before = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  };
}
