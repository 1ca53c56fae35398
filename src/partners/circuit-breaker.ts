/**
 * Stops hammering a dead API. Closed: calls go out and their results are counted; more failures than successes
 * among the last calls open it. Open: nobody calls, for a time that doubles with every failed probe up to a few
 * seconds. Half open: a handful of probes decide.
 *
 * cockatiel keeps the states and the count; the time is ours, by timer and injected clock, because cockatiel
 * compares wall-clock times, and a clock that is set back would hold the circuit open for as long. The
 * count is by calls, not by time, for the same reason. A success while closed goes straight to the counter:
 * it happens for every event and costs nanoseconds there, microseconds through a policy.
 */
import { circuitBreaker, CircuitState, CountBreaker, handleWhenResult } from 'cockatiel';
import type { Clock } from '../pipeline/ports.ts';

export type BreakerState = 'closed' | 'open' | 'half_open';

/** Successful probes that close the circuit; at most as many calls may be out while it is half open. */
export const PROBES = 3;

/** More than half of the last 64 calls (of at least 16) failed: the API counts as dead. */
const COUNTED_CALLS = 64;
const FEWEST_CALLS = 16;
const FIRST_OPEN_MS = 500;
const LONGEST_OPEN_MS = 4000;

export interface CircuitBreaker {
  state(): BreakerState;
  /** Taken before a call and handed back with its result: tells late results of an earlier state apart. */
  ticket(): number;
  /**
   * Counts a call's result. One that was begun in another state is ignored.
   * @returns where the result may change the state, when it has: to be waited for before the call's slot is free.
   */
  settle(ticket: number, ok: boolean): Promise<unknown> | undefined;
  /** Clears the timer. */
  stop(): void;
}

export interface CircuitBreakerOptions {
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly random?: () => number;
  /** Called after every change, synchronously. Must not throw. */
  readonly onChange: (state: BreakerState) => void;
}

export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { clock, random = Math.random, onChange } = options;
  const counter = new CountBreaker({
    threshold: 0.5,
    size: COUNTED_CALLS,
    minimumNumberOfCalls: FEWEST_CALLS,
  });
  const policy = circuitBreaker(
    handleWhenResult((ok) => ok === false),
    { breaker: counter, halfOpenAfter: timedByUs(), halfOpenSampling: { calls: PROBES, threshold: 0 } },
  );
  const stopped = new AbortController();
  let state: BreakerState = 'closed';
  let generation = 0;
  let opened = 0;
  let probed = 0;

  function enter(next: BreakerState): void {
    state = next;
    generation += 1;
    probed = 0;
    onChange(next);
  }

  async function rest(): Promise<void> {
    const fullMs = Math.min(LONGEST_OPEN_MS, FIRST_OPEN_MS * 2 ** Math.min(opened - 1, 10));
    // Jitter over the upper half: pods probe apart, and none probes at once.
    await clock.sleep(fullMs * (0.5 + random() / 2), stopped.signal);
    if (!stopped.signal.aborted) enter('half_open');
  }

  policy.onBreak(() => {
    opened += 1;
    enter('open');
    void rest();
  });
  policy.onReset(() => {
    opened = 0;
    enter('closed');
  });

  return {
    state: () => state,
    ticket: () => generation,
    settle(ticket, ok) {
      if (ticket !== generation || state === 'open') return undefined;
      if (ok && state === 'closed') {
        counter.success(CircuitState.Closed);
        return undefined;
      }
      // cockatiel lets a surplus probe wait for the verdict and then run as a new one: it must never see any.
      if (state === 'half_open' && ++probed > PROBES) return undefined;
      return policy.execute(() => ok);
    },
    stop: () => stopped.abort(),
  };
}

/** For cockatiel a rest is always over: it is asked only once our own timer has run out. */
function timedByUs(): { duration: number; next: () => ReturnType<typeof timedByUs> } {
  return { duration: Number.NEGATIVE_INFINITY, next: timedByUs };
}
