/**
 * A time limit that no pause of the machine extends. A monotonic clock stands still while a machine is suspended (on
 * Linux it does not count that time), a wall clock may be set back: time has passed as soon as one of the two says so.
 * A wall clock that is set ahead ends the limit too early, which costs a repetition and breaks nothing.
 */

export interface PassingTime {
  /** Ms from any moment on; never goes back. */
  readonly monotonicMs: () => number;
  /** Epoch ms; may jump. */
  readonly wallMs: () => number;
}

export const processTime: PassingTime = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

/** @returns a function that tells how many ms have passed since this call, by the clock that says most. */
export function startStopwatch({ monotonicMs, wallMs }: PassingTime): () => number {
  const startedMs = monotonicMs();
  const startedAtMs = wallMs();
  return () => Math.max(monotonicMs() - startedMs, wallMs() - startedAtMs);
}

export interface WriteFence {
  /** Ms in which something may still be written; at 0 and below nothing may. */
  leftMs(): number;
}

/** A fence that closes `limitMs` from now. */
export function createWriteFence(limitMs: number, time: PassingTime = processTime): WriteFence {
  const passedMs = startStopwatch(time);
  return { leftMs: () => limitMs - passedMs() };
}
