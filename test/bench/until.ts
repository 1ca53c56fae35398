/** Polls until something holds; the deadline only ends what would never end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readTail } from '../simulation/services/local-service.ts';

/**
 * @param process the one that is waited for: its early end is told with the end of its log.
 * @throws Error at the deadline, with the last error.
 */
export async function until(
  what: string,
  check: () => Promise<boolean>,
  timeoutMs: number,
  process?: { isAlive(): boolean; readonly logFile: string },
  everyMs = 20,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      if (await check()) return;
    } catch (error) {
      last = error;
    }
    if (process?.isAlive() === false)
      throw new Error(`${what}: the process has ended\n${await readTail(process.logFile)}`);
    if (Date.now() > deadline)
      throw new Error(`${what}: not after ${String(timeoutMs / 1000)} s`, { cause: last });
    await sleep(everyMs);
  }
}
