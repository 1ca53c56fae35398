/** What some calls cost under one limit: measured over as many as make a mean. */
import type { TrialSide } from './gain-trial.ts';

export interface LatencySample extends TrialSide {
  /** Calls measured. */
  readonly calls: number;
  /** What that took, by what they cost. */
  readonly elapsedMs: number;
  /** Share of them at whose return somebody waited for a place. */
  readonly awaitedShare: number;
}

/** Measures calls, but for the first `skip` of them. */
export function createLatencySample(skip: number) {
  let left = skip;
  let calls = 0;
  let answered = 0;
  let totalMs = 0;
  let squaresMs = 0;
  let inFlightSum = 0;
  let awaited = 0;
  return {
    /** @returns false where the call is one of those that are skipped. */
    observe(overloaded: boolean, durationMs: number, inFlight: number, isAwaited: boolean): boolean {
      if (left > 0) {
        left -= 1;
        return false;
      }
      calls += 1;
      totalMs += durationMs;
      squaresMs += durationMs * durationMs;
      inFlightSum += inFlight;
      if (!overloaded) answered += 1;
      if (isAwaited) awaited += 1;
      return true;
    },
    /** Undefined until there are enough, and while there is no answer. */
    result(enough: number): LatencySample | undefined {
      if (calls < enough || answered === 0) return undefined;
      const meanMs = Math.max(0.001, totalMs / calls);
      const deviationMs = Math.sqrt(Math.max(0, squaresMs / calls - meanMs * meanMs));
      return {
        calls,
        elapsedMs: totalMs / Math.max(1, inFlightSum / calls),
        costMs: Math.max(0.001, totalMs / answered),
        // How long calls take, and how many of them are answered, both by chance.
        costError: Math.sqrt(((deviationMs / meanMs) ** 2 + (calls - answered) / answered) / calls),
        inFlight: inFlightSum / calls,
        awaitedShare: awaited / calls,
      };
    },
  };
}
