/**
 * What this pod has counted since it started, for /status, and the same facts as metrics. All counts of one
 * event change in one synchronous step, so that received = queued + Σ filtered + Σ dead-lettered + abandoned
 * + in flight holds at every reading.
 */
import { DELIVERY_OUTCOMES, type DeliveryOutcome } from '../domain/delivery.ts';
import {
  DEAD_LETTER_REASONS,
  FILTER_REASONS,
  type DeadLetterReason,
  type FilterReason,
} from '../domain/outcome.ts';
import type { FlowMeter } from '../pipeline/ports.ts';
import type { Metrics } from './metrics.ts';

export interface EventCounts {
  readonly received: number;
  readonly queued: number;
  readonly filtered: Readonly<Record<FilterReason, number>>;
  readonly dead_lettered: Readonly<Record<DeadLetterReason, number>>;
  readonly abandoned: number;
}

export interface Ledger extends FlowMeter {
  delivered(outcome: DeliveryOutcome, rulesVersion: string): void;
  counts(): EventCounts;
  deliveries(): Readonly<Record<DeliveryOutcome, number>>;
  inFlight(): number;
  /** Events that have ended since the start, whatever their outcome: a mark of progress. */
  decided(): number;
}

export function createLedger(metrics: Metrics): Ledger {
  let received = 0;
  let queued = 0;
  let abandoned = 0;
  let endedTotal = 0;
  const filtered = zeroes(FILTER_REASONS);
  const deadLettered = zeroes(DEAD_LETTER_REASONS);
  const delivered = zeroes(DELIVERY_OUTCOMES);

  return {
    received: () => {
      received += 1;
    },
    ended: (outcome, { durationMs, endToEndMs }) => {
      endedTotal += 1;
      if (outcome.kind === 'queued') queued += 1;
      else if (outcome.kind === 'filtered') filtered[outcome.reason] += 1;
      else deadLettered[outcome.reason] += 1;
      metrics.count('events', {
        outcome: outcome.kind,
        ...(outcome.kind !== 'queued' && { reason: outcome.reason }),
        ...(outcome.rulesVersion !== undefined && { rules_version: outcome.rulesVersion }),
      });
      metrics.observe('event.duration_ms', durationMs, { outcome: outcome.kind });
      if (endToEndMs !== undefined) metrics.observe('event.end_to_end_ms', endToEndMs, {});
    },
    abandoned: () => {
      abandoned += 1;
      endedTotal += 1;
      metrics.count('events.abandoned', {});
    },
    ruleExcluded: ({ rule, error }, rulesVersion) => {
      metrics.count('rule.excluded', { rule, rules_version: rulesVersion });
      if (error !== undefined) metrics.count('rule.errors', { rule, rules_version: rulesVersion });
    },
    stage: (stage, durationMs) => {
      metrics.observe('stage.duration_ms', durationMs, { stage });
    },
    delivered: (outcome, rulesVersion) => {
      delivered[outcome] += 1;
      metrics.count('deliveries', { outcome, rules_version: rulesVersion });
    },
    counts: () => ({
      received,
      queued,
      filtered: { ...filtered },
      dead_lettered: { ...deadLettered },
      abandoned,
    }),
    deliveries: () => ({ ...delivered }),
    inFlight: () => received - endedTotal,
    decided: () => endedTotal,
  };
}

function zeroes<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}
