/** A long run's parts, told apart: its beginning, in which code is compiled, says little about its later hours. */
import type { Mark } from './coupon-stub-client.ts';

const FIRST = 50_000;

export interface Part {
  readonly perSecond: number;
  /** CPU time of the contender an event, µs; NaN where the machine does not tell. */
  readonly cpuMicros: number;
  /** As the partner saw it, ms. */
  readonly serviceMs: number;
  /** How many cores' time went to everything else on the machine, the partner included; NaN likewise. */
  readonly otherCores: number;
}

export interface Parts {
  readonly first: Part;
  /** All after the first. */
  readonly rest: Part;
  readonly secondHalf: Part;
}

/** Events in the first part: 50,000, or a tenth of a shorter run. */
export const firstPartOf = (events: number): number => Math.min(FIRST, Math.floor(events / 10));

/** Where the partner's clocks have to be read. */
export const marksOf = (events: number): number[] => [0, firstPartOf(events), Math.floor(events / 2), events];

/** @param marks those of {@link marksOf}, read. @throws Error where one is missing. */
export function partsOf(marks: readonly Mark[]): Parts {
  const [start, first, half, end] = marks;
  if (start === undefined || first === undefined || half === undefined || end === undefined)
    throw new Error(`expected four marks, not ${String(marks.length)}`);
  return { first: between(start, first), rest: between(first, end), secondHalf: between(half, end) };
}

function between(from: Mark, to: Mark): Part {
  const events = to.answered - from.answered;
  const elapsedMs = to.atMs - from.atMs;
  const cpuMs = difference(from.cpuMs, to.cpuMs);
  return {
    perSecond: (events * 1000) / elapsedMs,
    cpuMicros: (cpuMs * 1000) / events,
    serviceMs: (to.serviceMs - from.serviceMs) / events,
    otherCores: (difference(from.busyMs, to.busyMs) - cpuMs) / elapsedMs,
  };
}

function difference(from: number | null, to: number | null): number {
  return from === null || to === null ? NaN : to - from;
}
