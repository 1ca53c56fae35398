/** What is measured at each flush instead of being counted as it happens. */
import type { Clock } from '../runtime/clock.ts';
import type { Metrics } from './metrics.ts';

export interface GaugeSources {
  /** Events received without outcome. */
  readonly inFlight: () => number;
  readonly partitions: () => readonly {
    readonly topic: string;
    readonly partition: number;
    /** Null while it is not known: then no gauge is set. */
    readonly lag: number | null;
  }[];
  /** Jobs by their state, as known last. */
  readonly queueDepths: () => object;
  /** The rules in force, and since when (RFC 3339); undefined while there are none. */
  readonly rules: () => { readonly version: string | undefined; readonly loadedAt: string | undefined };
  readonly eventLoopP99Ms: () => number;
  readonly isBreakerClosed: () => boolean;
}

/** @returns a function that sets every gauge, to be called before each flush. */
export function createGauges(metrics: Metrics, sources: GaugeSources, clock: Clock): () => void {
  return () => {
    metrics.gauge('in_flight', sources.inFlight(), {});
    for (const { topic, partition, lag } of sources.partitions()) {
      if (lag !== null) metrics.gauge('lag', lag, { topic, partition: String(partition) });
    }
    for (const [state, depth] of Object.entries<number>({ ...sources.queueDepths() })) {
      metrics.gauge('queue.depth', depth, { state });
    }
    const { loadedAt, version } = sources.rules();
    if (loadedAt !== undefined && version !== undefined) {
      const ageSeconds = (clock.now() - Date.parse(loadedAt)) / 1000;
      metrics.gauge('rules.age_seconds', ageSeconds, { rules_version: version });
    }
    metrics.gauge('event_loop.delay_p99_ms', sources.eventLoopP99Ms(), {});
    metrics.gauge('breaker.open', sources.isBreakerClosed() ? 0 : 1, {});
  };
}
