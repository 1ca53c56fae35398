/** What some calls cost under one limit: measured over as many as make a mean. */
import type { TrialSide } from './gain-trial.ts';

export interface CallLook extends TrialSide {
  /** Calls measured. */
  readonly samples: number;
  /** What that took, by what they cost. */
  readonly elapsedMs: number;
  /** Share of them at whose return somebody waited for a place. */
  readonly awaited: number;
}

/** Measures calls, but for the first `skip` of them. */
export function createCallLook(skip: number) {
  let left = skip;
  let samples = 0;
  let answered = 0;
  let totalMs = 0;
  let squaresMs = 0;
  let inFlightSum = 0;
  let awaited = 0;
  return {
    /** @returns true where the call was none of those measured. */
    passed(overloaded: boolean, durationMs: number, inFlight: number, isAwaited: boolean): boolean {
      if (left > 0) {
        left -= 1;
        return true;
      }
      samples += 1;
      totalMs += durationMs;
      squaresMs += durationMs * durationMs;
      inFlightSum += inFlight;
      if (!overloaded) answered += 1;
      if (isAwaited) awaited += 1;
      return false;
    },
    /** Undefined until there are enough, and while there is no answer. */
    result(enough: number): CallLook | undefined {
      if (samples < enough || answered === 0) return undefined;
      const meanMs = Math.max(0.001, totalMs / samples);
      const deviationMs = Math.sqrt(Math.max(0, squaresMs / samples - meanMs * meanMs));
      return {
        samples,
        elapsedMs: totalMs / Math.max(1, inFlightSum / samples),
        costMs: Math.max(0.001, totalMs / answered),
        // How long calls take, and how many of them are answered, both by chance.
        costError: Math.sqrt(((deviationMs / meanMs) ** 2 + (samples - answered) / answered) / samples),
        inFlight: inFlightSum / samples,
        awaited: awaited / samples,
      };
    },
  };
}
