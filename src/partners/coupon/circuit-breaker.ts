/**
 * Stops hammering a dead API. Closed: calls go out, and whoever judges their results says when it must open. Open:
 * nobody calls, for a time that doubles with every round of failed probes up to a few seconds. Half open: a handful of
 * probes go out. The first answer closes the breaker, as an API that answers somebody is not away. When all probes have
 * failed it opens again.
 *
 * The time is told by timer and injected clock: a wall clock that is set back would hold it open for as long.
 */
import { backoffMs, type Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';

export type BreakerState = 'closed' | 'open' | 'half_open';

/** Most calls that are let out while it is half open: with so many failed it opens again. */
export const PROBES = 3;

/** Jitter over the upper half: pods probe apart, and none probes at once. */
const OPEN: Backoff = { firstMs: 500, longestMs: 4000 };

export interface CircuitBreaker {
  state(): BreakerState;
  /** Taken before a call and handed back with its result: tells late results of an earlier state apart. */
  generation(): number;
  /** Calls that may be out now as probes: {@link PROBES}, less those that have failed. */
  probesLeft(): number;
  /** Opens it. Nothing, where it is open. */
  open(): void;
  /** A probe's result. Ignored where its call was begun in another state. */
  probed(begunIn: number, ok: boolean): void;
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
  const { clock, random, onChange } = options;
  const stopped = new AbortController();
  let state: BreakerState = 'closed';
  let generation = 0;
  let opened = 0;
  let probesFailed = 0;

  function enter(next: BreakerState): void {
    state = next;
    generation += 1;
    probesFailed = 0;
    onChange(next);
  }

  async function rest(): Promise<void> {
    await clock.sleep(backoffMs(opened, OPEN, random), stopped.signal);
    if (!stopped.signal.aborted) enter('half_open');
  }

  function open(): void {
    if (state === 'open') return;
    opened += 1;
    enter('open');
    void rest();
  }

  return {
    state: () => state,
    generation: () => generation,
    probesLeft: () => PROBES - probesFailed,
    open,
    probed(begunIn, ok) {
      if (begunIn !== generation || state !== 'half_open') return;
      if (ok) {
        opened = 0;
        enter('closed');
        return;
      }
      probesFailed += 1;
      if (probesFailed >= PROBES) open();
    },
    stop: () => stopped.abort(),
  };
}
