/**
 * Waits that end early: by the caller's signal, by a second one, or by time. Each uses a signal of its own, so
 * that nothing stays behind on the caller's, which lives longer and may be shared by thousands.
 */
import type { Clock } from '../../runtime/clock.ts';
import { unwatch, watch } from './abort-hub.ts';

/** Resolves after `ms`, or at once when one of the signals is aborted. Never rejects. */
export async function pause(clock: Clock, ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  await joined(signals, (signal) => clock.sleep(ms, signal));
}

/**
 * Runs `task` with a signal that is aborted when one of `signals` is or when `ms` have passed; `task` is
 * expected to end then.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  signals: readonly AbortSignal[],
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timer = new AbortController();
  try {
    return await joined(signals, (signal, end) => {
      void clock.sleep(ms, timer.signal).then(end);
      return task(signal);
    });
  } finally {
    timer.abort();
  }
}

async function joined<T>(
  signals: readonly AbortSignal[],
  task: (signal: AbortSignal, end: () => void) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  const item = { abandon: end };
  for (const signal of signals) watch(signal, item);
  try {
    return await task(controller.signal, end);
  } finally {
    for (const signal of signals) unwatch(signal, item);
  }
}
