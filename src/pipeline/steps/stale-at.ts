/** When an event becomes too old. */
import type { LocationEvent } from '../../domain/event.ts';
import type { Ruleset } from '../ports.ts';

export interface StaleAt {
  /** Epoch ms by this pod's clock; past it the event is stale. */
  readonly atMs: number;
  /** The setting that says so. */
  readonly by: 'event.maxAge' | 'MAX_EVENT_AGE_MS';
}

export interface AgeLimit {
  /** Ms; the ceiling on an event's age, whatever the rules say. */
  readonly maxEventAgeMs: number;
  /**
   * Ms that this pod's clock is ahead of Redis's, negative where it is behind. An event is too old or too far ahead
   * only if both clocks say so. Default: they agree.
   */
  readonly podAheadMs?: () => number;
}

/** The shorter of the rules' limit and the pod's ceiling, and as much later as this pod's clock is ahead of Redis's. */
export function staleAt(
  event: LocationEvent,
  rules: Pick<Ruleset, 'maxEventAgeMs'>,
  { maxEventAgeMs, podAheadMs }: AgeLimit,
): StaleAt {
  const { maxEventAgeMs: maxAgeMs } = rules;
  const sinceMs = event.occurredAtMs + Math.max(0, podAheadMs?.() ?? 0);
  return maxAgeMs !== undefined && maxAgeMs < maxEventAgeMs
    ? { atMs: sinceMs + maxAgeMs, by: 'event.maxAge' }
    : { atMs: sinceMs + maxEventAgeMs, by: 'MAX_EVENT_AGE_MS' };
}
