/**
 * Work in steps. Little work ends at once, much work goes on in turns of the event loop. So a partner's answer never
 * keeps other events, timers and sockets waiting. The time of its own that it may take has a bound, too; who works on
 * looks at the budget and makes an end.
 */
import { monotonicMs } from '../runtime/clock.ts';
import { startCpuMeter } from '../runtime/loop-meter.ts';
import { createPacer } from '../runtime/loop-turns.ts';

/** What may be done at once, in ms. */
const AT_ONCE_MS = 2;
export interface Budget {
  /** In ms. */
  readonly maxMs: number;
  /** CPU of its own, all turns together; what is done at once is not counted. */
  spentMs: number;
}

export function isSpent({ spentMs, maxMs }: Budget): boolean {
  return spentMs > maxMs;
}

/** @param steps yields where a look at the clock may be taken; ends soon once the budget is spent. */
export function workInTurns<T>(steps: Generator<undefined, T>, budget: Budget): T | Promise<T> {
  let next = steps.next();
  if (next.done === true) return next.value;
  for (const endMs = monotonicMs() + AT_ONCE_MS; monotonicMs() < endMs;) {
    next = steps.next();
    if (next.done === true) return next.value;
  }
  return goOn(steps, budget);
}

async function goOn<T>(steps: Generator<undefined, T>, budget: Budget): Promise<T> {
  const pacer = createPacer();
  for (;;) {
    await pacer.turn();
    const spentMs = startCpuMeter();
    do {
      const next = steps.next();
      if (next.done === true) return next.value;
    } while (!pacer.isDue());
    budget.spentMs += spentMs();
  }
}
