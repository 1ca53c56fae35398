/** So many a second, evenly: what was late is not made up for. */
import type { Clock } from '../../runtime/clock.ts';

/**
 * @param rate a second, > 0; undefined: no limit.
 * @param signal ends a wait at once.
 * @returns a function that waits until so many more may go.
 */
export function createPace(
  rate: number | undefined,
  clock: Clock,
  signal?: AbortSignal,
): (count: number) => Promise<void> {
  let freeAtMs = -Infinity;
  return async (count) => {
    if (rate === undefined) return;
    const nowMs = clock.now();
    if (freeAtMs > nowMs) await clock.sleep(freeAtMs - nowMs, signal);
    freeAtMs = Math.max(freeAtMs, nowMs) + (count / rate) * 1000;
  };
}
