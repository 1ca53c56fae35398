/**
 * Every metric's name and its tags, typed. A metric that isn't listed here can't be sent. No tag can hold a user,
 * coupon or event id, because none of these types has room for one. Names go out with the prefix `coupon_notifier.`;
 * every metric also carries `pod`.
 */
import type { Outcome } from '../domain/outcome.ts';
import type { DeliveryOutcome } from '../domain/delivery.ts';

/** Tag values are short and from closed or document-bounded lists. */
export interface CounterTags {
  events: { outcome: Outcome['kind']; reason?: string; rules_version?: string };
  deliveries: { outcome: DeliveryOutcome; rules_version?: string };
  'events.abandoned': NoTags;
  'rule.excluded': { rule: string; rules_version: string };
  'rule.errors': { rule: string; rules_version: string };
  'document.reload': { document: string; result: string };
  'token.renewal': { result: string };
  'coupon_api.calls': { result: string };
  'coupons.invalid': NoTags;
  commits: { result: string };
  rebalances: NoTags;
  'records.passed_over': NoTags;
  'redis.data_lost': NoTags;
  'redis.server_changed': NoTags;
  'offsets.lost': { topic: string; partition: string };
  'positions.reset': { topic: string; partition: string; reason: string };
}

export interface GaugeTags {
  in_flight: NoTags;
  lag: { topic: string; partition: string };
  'queue.depth': { state: string };
  'rules.age_seconds': { rules_version: string };
  'event_loop.delay_p99_ms': NoTags;
  'breaker.open': NoTags;
}

export interface DistributionTags {
  'event.duration_ms': { outcome: Outcome['kind'] };
  'event.end_to_end_ms': NoTags;
  'coupon_api.duration_ms': NoTags;
  'push_api.duration_ms': NoTags;
  'stage.duration_ms': { stage: string };
}

export type NoTags = Readonly<Record<string, never>>;
