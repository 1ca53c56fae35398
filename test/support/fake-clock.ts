/**
 * Time that passes only when it is told to, a step at a time; after each step everything that became due has run,
 * promise reactions and immediates included. Intervals of the runtime are stepped along where the test has faked
 * them (`vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })`).
 */
import { vi } from 'vitest';
import type { Clock } from '../../src/pipeline/ports.ts';

export interface FakeClock extends Clock {
  advance(ms: number): Promise<void>;
}

const STEP_MS = 50;

interface Sleeper {
  readonly dueMs: number;
  wake(): void;
}

export function createFakeClock(): FakeClock {
  const sleepers = new Set<Sleeper>();
  let nowMs = 1_000_000;
  return {
    now: () => nowMs,
    sleep(ms, signal) {
      return new Promise((resolve) => {
        const sleeper: Sleeper = {
          dueMs: nowMs + ms,
          wake() {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        sleepers.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake);
      });
    },
    async advance(ms) {
      for (const endMs = nowMs + ms; nowMs < endMs;) {
        const stepMs = Math.min(STEP_MS, endMs - nowMs);
        nowMs += stepMs;
        if (vi.isFakeTimers()) vi.advanceTimersByTime(stepMs);
        for (const sleeper of [...sleepers].sort((a, b) => a.dueMs - b.dueMs)) {
          if (sleeper.dueMs <= nowMs) sleeper.wake();
        }
        await settle();
      }
    },
  };
}

/** Everything that can run without time passing has run; work that takes turns of the loop gets a few. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
