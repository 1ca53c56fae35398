/** The filters that cost nothing, in the order in which the contract lists their reasons. */
import type { Clock } from '../../runtime/clock.ts';
import { noteAsked } from '../decision-seen.ts';
import type { Documents } from '../ports.ts';
import { timeZoneOf } from '../time-zone-of.ts';
import type { CapPeek } from './resume-claim.ts';
import { staleAt, type AgeLimit, type StaleAt } from './stale-at.ts';
import { filtered, next, type Step } from './step.ts';

/** What was true when the filters let the event pass. */
export interface PassedFilters {
  /** Epoch ms. */
  readonly nowMs: number;
  /** The event's own, else its merchant's. */
  readonly timeZone: string | undefined;
  readonly staleAt: StaleAt;
  /** Epoch ms when the user's next quiet hours begin; undefined where there are none. */
  readonly quietFromMs: number | undefined;
}

/** A filter, right before it is asked, with what it goes by beside event and rules. */
export type EventCheck =
  | { readonly reason: 'disabled' | 'no_consent' | 'trigger' | 'inaccurate' | 'not_in_rollout' }
  | { readonly reason: 'stale'; readonly nowMs: number; readonly staleAt: StaleAt }
  | {
      readonly reason: 'quiet_hours';
      readonly nowMs: number;
      readonly timeZone: string | undefined;
      /** Epoch ms; undefined where there are no quiet hours. */
      readonly nextStartMs: number | undefined;
    }
  | { readonly reason: 'cooldown'; readonly fullCap: number | undefined };

export interface FilterPorts extends AgeLimit {
  readonly documents: Documents;
  readonly clock: Clock;
  /** Hears each filter that is asked, for whoever explains decisions; pods have nobody who does. */
  readonly hearCheck?: ((check: EventCheck) => void) | undefined;
}

export function createApplyEventFilters(ports: FilterPorts): Step<CapPeek, PassedFilters> {
  const { documents, clock, hearCheck } = ports;
  return ({ event, rules, seen }, { fullCap }) => {
    const nowMs = clock.now();
    if (seen !== undefined) {
      const podAheadMs = ports.podAheadMs?.() ?? 0;
      noteAsked(seen, { nowMs, rules, timeZone: timeZoneOf(event, documents), podAheadMs });
    }
    const stale = staleAt(event, rules, ports);
    const { maxAccuracyMeters: maxAccuracy, triggers } = rules;
    hearCheck?.({ reason: 'disabled' });
    if (!rules.enabled) return filtered('disabled', 'enabled', rules);
    hearCheck?.({ reason: 'no_consent' });
    if (!event.pushConsent) return filtered('no_consent', 'pushConsent', rules);
    hearCheck?.({ reason: 'stale', nowMs, staleAt: stale });
    if (nowMs > stale.atMs) return filtered('stale', stale.by, rules);
    hearCheck?.({ reason: 'trigger' });
    if (triggers !== undefined && !triggers.includes(event.trigger)) {
      return filtered('trigger', 'event.triggers', rules);
    }
    hearCheck?.({ reason: 'inaccurate' });
    if (
      maxAccuracy !== undefined &&
      event.accuracyMeters !== undefined &&
      event.accuracyMeters > maxAccuracy
    ) {
      return filtered('inaccurate', 'event.maxAccuracyMeters', rules);
    }
    hearCheck?.({ reason: 'not_in_rollout' });
    if (!rules.inRollout(event.userId)) return filtered('not_in_rollout', 'rollout', rules);
    const timeZone = timeZoneOf(event, documents);
    const { quiet, nextStartMs } = rules.quietHours(timeZone, nowMs);
    hearCheck?.({ reason: 'quiet_hours', nowMs, timeZone, nextStartMs });
    if (quiet) return filtered('quiet_hours', 'quietHours', rules);
    hearCheck?.({ reason: 'cooldown', fullCap });
    if (fullCap !== undefined) return filtered('cooldown', capName(fullCap), rules);
    return next({ nowMs, timeZone, staleAt: stale, quietFromMs: nextStartMs });
  };
}

/** As the rule document counts its caps. */
export function capName(index: number): string {
  return `caps[${String(index)}]`;
}
