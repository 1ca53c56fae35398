/**
 * Every metric: what Datadog gets, what `/metrics` serves, what deploy/README.md lists, and what the compiler lets
 * through. No tag holds a user, coupon or event id. Datadog's names have the prefix `coupon_notifier.`, those of
 * Prometheus `coupon_notifier_`; each series also carries `pod`.
 */
import { DELIVERY_OUTCOMES } from '../domain/delivery.ts';
import { LATE_AFTER_MS } from '../domain/objectives.ts';
import { DEAD_LETTER_REASONS, FILTER_REASONS, type Outcome } from '../domain/outcome.ts';
import type { Stage } from '../pipeline/ports.ts';
import { namesOf } from '../runtime/names-of.ts';
import {
  counter,
  distribution,
  gauge,
  oneOf,
  open,
  optional,
  type NamesOf,
  type TagsOf,
} from './declare-metric.ts';

const OUTCOMES = ['queued', 'filtered', 'dead_lettered'] as const satisfies readonly Outcome['kind'][];
const STAGES = ['recall', 'coupons', 'rules', 'claim', 'enqueue'] as const satisfies readonly Stage[];
const REASONS = [...namesOf(FILTER_REASONS), ...namesOf(DEAD_LETTER_REASONS)];
const RELOADS = [
  ...(['loaded', 'unchanged', 'missing', 'unavailable', 'too_large', 'unreadable', 'invalid'] as const),
];
const CALLS = [
  ...(['ok', 'none', 'rejected', 'unauthorized', 'throttled', 'redirect'] as const),
  ...(['server_error', 'timeout', 'network'] as const),
];

const rulesVersion = open('the rule documents of a pod’s life');
const rule = open('a document’s rules and limits: about 200');
const place = { topic: open('one'), partition: open('the pod’s partitions') };

const UP_TO_SECONDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];
const UP_TO_MINUTES = [...UP_TO_SECONDS.slice(3), 15_000, 60_000, 300_000, 900_000];

export const METRICS = {
  events: counter('event', 'Events by their outcome.', {
    outcome: oneOf(OUTCOMES),
    reason: optional(oneOf(REASONS)),
    rules_version: optional(rulesVersion),
  }),
  'events.late': counter(
    'event',
    `Events whose outcome came more than ${String(LATE_AFTER_MS / 1000)} s after their record was written to Kafka.`,
  ),
  'events.abandoned': counter('event', 'Events given up before their claim, which are read again.'),
  'dead_letters.replayed': counter(
    'event',
    'Events that were put back from the dead letters, by their outcome.',
    {
      result: oneOf(OUTCOMES),
    },
  ),
  deliveries: counter('push', 'Queued pushes by how they ended.', {
    outcome: oneOf(DELIVERY_OUTCOMES),
    rules_version: rulesVersion,
  }),
  'rule.excluded': counter('coupon', 'Coupons that a rule or limit excluded.', {
    rule,
    rules_version: rulesVersion,
  }),
  'rule.errors': counter('coupon', 'Coupons dropped as a rule failed while it ran.', {
    rule,
    rules_version: rulesVersion,
  }),
  'document.reload': counter('document', 'Reads of the rules and merchants documents.', {
    document: oneOf(['rules', 'merchants']),
    result: oneOf(RELOADS),
  }),
  'token.renewal': counter('time', 'Renewals of the partners’ token.', {
    result: oneOf(['ok', 'failed']),
  }),
  'coupon_api.calls': counter('event', 'Coupon calls by what came of them.', { result: oneOf(CALLS) }),
  'coupons.invalid': counter('coupon', 'Coupons that broke the schema and were dropped.'),
  commits: counter('commit', 'Commits of offsets.', {
    result: oneOf(['ok', 'partial', 'failed', 'dropped']),
  }),
  rebalances: counter('time', 'Joins of the consumer group after a pod’s first.'),
  starts: counter('time', 'Starts of a pod’s process: by pod, more than a few are a crash loop.'),
  'records.passed_over': counter('record', 'Records of the other lane.'),
  'offsets.lost': counter('offset', 'Offsets that Kafka deleted unread.', place),
  'positions.reset': counter('time', 'Times that reading went back, as the topic was made anew or cut off.', {
    ...place,
    reason: oneOf(['remade', 'cut_off']),
  }),
  'redis.data_lost': counter('time', 'Times that Redis had lost acknowledged writes.'),
  'redis.server_changed': counter('time', 'Times that another Redis server answered.'),
  log_lines_dropped: counter('record', 'Log lines that a stalled reader of stdout has cost.'),
  trace_spans_dropped: counter(
    'record',
    'Spans of traces that were not sent: too many, or no endpoint took them.',
  ),

  ready: gauge('yes/no', '1 while /ready answers 200.'),
  uptime_seconds: gauge('s', 'Since the process began.'),
  in_flight: gauge('event', 'Events received, without an outcome yet.'),
  lag: gauge('offset', 'Offsets that can be read and are not committed.', place),
  behind_seconds: gauge(
    's',
    'Age of the oldest undecided event, since its record was written; absent while it has not been read.',
    place,
  ),
  curable_lag: gauge(
    'offset',
    'Lag that more pods would help with: 0 while a service is away, a breaker is open, or pods are as many as partitions.',
  ),
  waiting: gauge('event', 'Events that wait for a service, by its name.', {
    for: open('services; unreadable partitions are one'),
  }),
  'queue.depth': gauge('job', 'Jobs of the push queue, which all pods share.', {
    state: oneOf(['waiting', 'active', 'delayed', 'failed']),
  }),
  kill_switch: gauge('yes/no', '1 while this of the two holds pushes back.', {
    source: oneOf(['document', 'flag']),
  }),
  'rules.age_seconds': gauge('s', 'Time since the rules in force were loaded.', {
    rules_version: rulesVersion,
  }),
  'event_loop.delay_p99_ms': gauge('ms', 'How late the event loop runs; about 0 in a pod that rests.'),
  'breaker.open': gauge('yes/no', '1 while the coupon API’s breaker is not closed.'),

  'event.duration_ms': distribution('ms', 'From read to outcome.', UP_TO_MINUTES, {
    outcome: oneOf(OUTCOMES),
  }),
  'event.end_to_end_ms': distribution('ms', 'From occurredAt to outcome.', UP_TO_MINUTES),
  'coupon_api.duration_ms': distribution('ms', 'One coupon call.', UP_TO_SECONDS),
  'push_api.duration_ms': distribution('ms', 'One push call.', UP_TO_SECONDS.concat(10_000)),
  'stage.duration_ms': distribution('ms', 'One stage of an event.', [0.5, ...UP_TO_SECONDS], {
    stage: oneOf(STAGES),
  }),
} as const;

type Table = typeof METRICS;
export type MetricName = keyof Table;
export type CounterName = NamesOf<Table, 'counter'>;
export type GaugeName = NamesOf<Table, 'gauge'>;
export type DistributionName = NamesOf<Table, 'distribution'>;
/** The tags of one metric of the table. */
export type MetricTags<Name extends MetricName> = TagsOf<Table[Name]>;
