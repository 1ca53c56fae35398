/**
 * Time that passes only when it is told to, in small steps; after each everything that became due has run, promise
 * reactions and immediates included. Intervals of the runtime are stepped along where the test has faked them
 * (`vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })`).
 */
import { vi } from 'vitest';
import { createFakeClock, type FakeClock } from './partners/partner-fakes.ts';

const STEP_MS = 50;

export function createSteppedClock(): FakeClock {
  const clock = createFakeClock();
  return {
    ...clock,
    async advance(ms) {
      for (let leftMs = ms; leftMs > 0; leftMs -= STEP_MS) {
        const stepMs = Math.min(STEP_MS, leftMs);
        if (vi.isFakeTimers()) vi.advanceTimersByTime(stepMs);
        await clock.advance(stepMs);
        await settle();
      }
    },
  };
}

/** Everything that can run without time passing has run; work that takes turns of the loop gets a few. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
