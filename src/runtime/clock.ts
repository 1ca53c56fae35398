/**
 * Time and timers: the only place where the pure rooms (domain, pipeline, stream, rules, replay) find them, beside a clock that
 * they are handed. A linter rule holds them to it.
 */

export interface Clock {
  /** Epoch ms. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal is aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The clock of a running pod; tests bring their own. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, ms);
      signal?.addEventListener('abort', finish);
    }),
};

/** Ms since the process began, with fractions; never goes back, and stands still while the machine is suspended. */
export function monotonicMs(): number {
  return performance.now();
}

/** Runs `task` once, after `ms`, unless it is cancelled before. Keeps the process alive. @returns the cancelling. */
export function after(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}

/** Runs `task` each `ms` until it is cancelled. Doesn't keep the process alive. @returns the cancelling. */
export function every(ms: number, task: () => void): () => void {
  const timer = setInterval(task, ms);
  timer.unref();
  return () => clearInterval(timer);
}
