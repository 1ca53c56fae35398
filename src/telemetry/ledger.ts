/**
 * What this pod has counted since it started, for /status, and the same facts as metrics. All counts of one event
 * change in one synchronous step. So received = queued + Σ filtered + Σ dead-lettered + abandoned + in flight holds at
 * every reading.
 */
import { DELIVERY_OUTCOMES, type DeliveryOutcome } from '../domain/delivery.ts';
import { LATE_AFTER_MS } from '../domain/objectives.ts';
import {
  DEAD_LETTER_REASONS,
  FILTER_REASONS,
  type DeadLetterReason,
  type EventCounts,
  type FilterReason,
  type Outcome,
} from '../domain/outcome.ts';
import type { FlowMeter, Stage } from '../pipeline/ports.ts';
import { namesOf } from '../runtime/names-of.ts';
import type { Metrics } from './metrics.ts';

export interface Ledger extends FlowMeter {
  delivered(outcome: DeliveryOutcome, rulesVersion: string): void;
  counts(): EventCounts;
  deliveries(): Readonly<Record<DeliveryOutcome, number>>;
  inFlight(): number;
  /** Events that have ended since the start, whatever their outcome: a mark of progress. */
  decided(): number;
  /** Of them, those whose outcome came more than 5 s after their record was written to Kafka. */
  late(): number;
}

export function createLedger(metrics: Metrics): Ledger {
  let received = 0;
  let queued = 0;
  let abandoned = 0;
  let endedTotal = 0;
  let late = 0;
  const filtered = zeroes(namesOf(FILTER_REASONS));
  const deadLettered = zeroes(namesOf(DEAD_LETTER_REASONS));
  const delivered = zeroes(DELIVERY_OUTCOMES);
  const stages = handles((stage: Stage) => metrics.distribution('stage.duration_ms', { stage }));
  const durations = handles((outcome: Outcome['kind']) =>
    metrics.distribution('event.duration_ms', { outcome }),
  );
  const observeEndToEnd = metrics.distribution('event.end_to_end_ms', {});
  const countLate = metrics.counter('events.late', {});
  const countAbandoned = metrics.counter('events.abandoned', {});
  const ended = handles((version: string) => outcomesOf(metrics, version));
  ended('');
  const excluded = handles((version: string) =>
    handles((rule: string) => metrics.counter('rule.excluded', { rule, rules_version: version })),
  );
  const deliveriesOf = handles((version: string) =>
    tableOf(DELIVERY_OUTCOMES, (outcome) =>
      metrics.counter('deliveries', { outcome, rules_version: version }),
    ),
  );

  return {
    received: () => {
      received += 1;
    },
    ended: (outcome, { durationMs, endToEndMs, sinceWrittenMs = endToEndMs, isReplay = false }) => {
      endedTotal += 1;
      if (outcome.kind === 'queued') queued += 1;
      else if (outcome.kind === 'filtered') filtered[outcome.reason] += 1;
      else deadLettered[outcome.reason] += 1;
      ended(outcome.rulesVersion ?? '')[outcome.kind === 'queued' ? outcome.kind : outcome.reason]();
      durations(outcome.kind)(durationMs);
      if (isReplay) metrics.count('dead_letters.replayed', { result: outcome.kind });
      if (endToEndMs !== undefined) observeEndToEnd(endToEndMs);
      // What a phone reported late is not late here.
      if ((sinceWrittenMs ?? 0) <= LATE_AFTER_MS) return;
      late += 1;
      countLate();
    },
    abandoned: () => {
      abandoned += 1;
      endedTotal += 1;
      countAbandoned();
    },
    ruleExcluded: ({ rule, error }, rulesVersion) => {
      excluded(rulesVersion)(rule)();
      if (error !== undefined) metrics.count('rule.errors', { rule, rules_version: rulesVersion });
    },
    stage: (stage, durationMs) => {
      stages(stage)(durationMs);
    },
    delivered: (outcome, rulesVersion) => {
      delivered[outcome] += 1;
      deliveriesOf(rulesVersion)[outcome]();
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
    late: () => late,
  };
}

function zeroes<K extends string>(names: readonly K[]): Record<K, number> {
  return tableOf(names, () => 0);
}

function tableOf<K extends string, V>(names: readonly K[], make: (name: K) => V): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<K, V>;
}

/**
 * A counter for each way in which an event can end under one version of the rules: all from the first event on, so that
 * the first dead letter is a rise. @param version '' for events that no rules have seen.
 */
function outcomesOf(
  metrics: Metrics,
  version: string,
): Record<'queued' | FilterReason | DeadLetterReason, () => void> {
  const by = version === '' ? {} : { rules_version: version };
  return {
    queued: metrics.counter('events', { outcome: 'queued', ...by }),
    ...tableOf(namesOf(FILTER_REASONS), (reason) =>
      metrics.counter('events', { outcome: 'filtered', reason, ...by }),
    ),
    ...tableOf(namesOf(DEAD_LETTER_REASONS), (reason) =>
      metrics.counter('events', { outcome: 'dead_lettered', reason, ...by }),
    ),
  };
}

/** More rules versions than this in one life of a pod are looked at anew. */
const MAX_HANDLES = 200;

/** Makes a handle the first time a key is asked for; an event costs a look into a map then. */
function handles<K, H>(make: (key: K) => H): (key: K) => H {
  const made = new Map<K, H>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    if (made.size >= MAX_HANDLES) made.clear();
    const fresh = make(key);
    made.set(key, fresh);
    return fresh;
  };
}
