/**
 * How long the last calls took. A ring of fixed size: adding costs one store, the percentiles are computed only
 * when somebody looks.
 */

export interface LatencyWindow {
  /** @param durationMs ≥ 0. */
  add(durationMs: number): void;
  /** Percentiles over the last calls, ms; 0 before the first. */
  percentiles(): { readonly p50Ms: number; readonly p99Ms: number };
}

/** @param size how many calls are remembered, ≥ 1. */
export function createLatencyWindow(size = 512): LatencyWindow {
  const samples = new Float64Array(size);
  let added = 0;
  return {
    add(durationMs) {
      samples[added % size] = durationMs;
      added += 1;
    },
    percentiles() {
      const sorted = samples.slice(0, Math.min(added, size)).sort();
      const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
      return { p50Ms: round(at(0.5)), p99Ms: round(at(0.99)) };
    },
  };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
