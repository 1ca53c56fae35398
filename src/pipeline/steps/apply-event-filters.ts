/** The filters that cost nothing, in the order in which the contract lists their reasons. */
import type { LocationEvent } from '../../domain/event.ts';
import type { Ruleset } from '../ports.ts';
import { filtered, goOn, type Step } from './step.ts';

export interface EarlyContext {
  /** Epoch ms. */
  readonly nowMs: number;
  readonly timeZone: string | undefined;
  readonly staleAt: StaleAt;
  /** The index of a `per: user` cap that is full. */
  readonly fullCap: number | undefined;
}

/** When an event becomes stale, and the setting that says so. */
export interface StaleAt {
  /** Epoch ms by this pod's clock; past it the event is stale. */
  readonly atMs: number;
  readonly by: 'event.maxAge' | 'MAX_EVENT_AGE_MS';
}

export interface Undisturbed {
  /** Epoch ms when the user's next quiet hours begin; undefined where there are none. */
  readonly quietFromMs: number | undefined;
}

export function refuseEarly(event: LocationEvent, rules: Ruleset, context: EarlyContext): Step<Undisturbed> {
  const { maxAccuracyMeters: maxAccuracy, triggers } = rules;
  if (!rules.enabled) return filtered('disabled', 'enabled', rules);
  if (!event.pushConsent) return filtered('no_consent', 'pushConsent', rules);
  if (context.nowMs > context.staleAt.atMs) return filtered('stale', context.staleAt.by, rules);
  if (triggers !== undefined && !triggers.includes(event.trigger)) {
    return filtered('trigger', 'event.triggers', rules);
  }
  if (maxAccuracy !== undefined && event.accuracyMeters !== undefined && event.accuracyMeters > maxAccuracy) {
    return filtered('inaccurate', 'event.maxAccuracyMeters', rules);
  }
  if (!rules.inRollout(event.userId)) return filtered('not_in_rollout', 'rollout', rules);
  const { quiet, nextStartMs } = rules.quietHours(context.timeZone, context.nowMs);
  if (quiet) return filtered('quiet_hours', 'quietHours', rules);
  if (context.fullCap !== undefined) return filtered('cooldown', capName(context.fullCap), rules);
  return goOn({ quietFromMs: nextStartMs });
}

/** What an event's age is held against. */
interface AgeLimit {
  readonly maxEventAgeMs: number;
  /** See `ProcessPorts`. */
  readonly podAheadMs?: () => number;
}

/** The shorter of the rules' limit and the pod's ceiling, and as much later as this pod's clock is ahead of Redis's. */
export function staleAt(
  event: LocationEvent,
  rules: Ruleset,
  { maxEventAgeMs, podAheadMs }: AgeLimit,
): StaleAt {
  const { maxEventAgeMs: maxAgeMs } = rules;
  const sinceMs = event.occurredAtMs + Math.max(0, podAheadMs?.() ?? 0);
  return maxAgeMs !== undefined && maxAgeMs < maxEventAgeMs
    ? { atMs: sinceMs + maxAgeMs, by: 'event.maxAge' }
    : { atMs: sinceMs + maxEventAgeMs, by: 'MAX_EVENT_AGE_MS' };
}

/** As the rule document counts its caps. */
export function capName(index: number): string {
  return `caps[${String(index)}]`;
}
