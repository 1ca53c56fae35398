/**
 * Commits watermarks by time or by count, whichever comes first, one request at a time. It commits earlier once nothing
 * has finished for a while: a pod that dies after a burst then has nothing to redo.
 * A failure costs a later commit and nothing else. The next commit carries the newer watermarks, and no work waits for
 * it.
 */
import { every, type Clock } from '../../runtime/clock.ts';

/**
 * `partial`: the broker refused some partitions. `dropped`: the partitions had been taken away, and another pod redoes
 * the work.
 */
export type CommitResult = 'ok' | 'partial' | 'failed' | 'dropped';

/** Nothing finished between two checks: what has finished before is committed at once. */
const CHECKS_PER_INTERVAL = 10;

export interface CommitterOptions {
  /** ≥ 1. */
  readonly intervalMs: number;
  readonly maxEvents: number;
  /**
   * Commits what may be committed now. Must not reject. `nothing`: there was nothing to commit, or no way yet.
   */
  commit(): Promise<CommitResult | 'nothing'>;
  onResult(result: CommitResult): void;
  readonly clock: Pick<Clock, 'now'>;
}

export interface Committer {
  /** Counts events that finished and positions that moved, and commits once there are enough. */
  eventFinished(): void;
  /** Of the latest {@link eventFinished}, epoch ms; undefined before the first. */
  readonly lastFinishedAtMs: number | undefined;
  /** Begins a commit at once, as a partition waits for it. After a failed commit the interval decides. */
  hurry(): void;
  /** Commits now, or after the commit that is under way. Resolves with the last result. */
  flush(): Promise<CommitResult | 'nothing'>;
  /** Begins no commit by time or count any more. */
  stop(): void;
}

export function createCommitter(options: CommitterOptions): Committer {
  let finished = 0;
  let lastFinishedAtMs: number | undefined;
  let running: Promise<CommitResult | 'nothing'> | undefined;
  let stopped = false;
  let hasFailed = false;
  const checks = Math.min(CHECKS_PER_INTERVAL, options.intervalMs);
  let check = 0;
  let finishedBefore = 0;
  const cancel = every(options.intervalMs / checks, () => {
    check = (check + 1) % checks;
    const isQuiet = finished > 0 && finished === finishedBefore && !hasFailed;
    finishedBefore = finished;
    if (running === undefined && (check === 0 || isQuiet)) void begin();
  });

  function begin(): Promise<CommitResult | 'nothing'> {
    finished = 0;
    running = options.commit().then((result) => {
      running = undefined;
      hasFailed = result === 'failed';
      if (result !== 'nothing') options.onResult(result);
      // Enough may have finished during the commit. After a failure the interval decides, not a tight loop.
      if (!stopped && result === 'ok' && finished >= options.maxEvents) void begin();
      return result;
    });
    return running;
  }

  return {
    get lastFinishedAtMs() {
      return lastFinishedAtMs;
    },
    eventFinished() {
      lastFinishedAtMs = options.clock.now();
      finished += 1;
      if (finished >= options.maxEvents && running === undefined && !stopped) void begin();
    },
    hurry() {
      if (running === undefined && !stopped && !hasFailed) void begin();
    },
    async flush() {
      while (running !== undefined) await running;
      return begin();
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}
