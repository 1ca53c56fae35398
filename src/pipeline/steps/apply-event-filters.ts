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

interface FilterPorts extends AgeLimit {
  readonly documents: Documents;
  readonly clock: Clock;
}

export function createApplyEventFilters(ports: FilterPorts): Step<CapPeek, PassedFilters> {
  const { documents, clock } = ports;
  return ({ event, rules, seen }, { fullCap }) => {
    const nowMs = clock.now();
    if (seen !== undefined) {
      const podAheadMs = ports.podAheadMs?.() ?? 0;
      noteAsked(seen, { nowMs, rules, timeZone: timeZoneOf(event, documents), podAheadMs });
    }
    const stale = staleAt(event, rules, ports);
    const { maxAccuracyMeters: maxAccuracy, triggers } = rules;
    if (!rules.enabled) return filtered('disabled', 'enabled', rules);
    if (!event.pushConsent) return filtered('no_consent', 'pushConsent', rules);
    if (nowMs > stale.atMs) return filtered('stale', stale.by, rules);
    if (triggers !== undefined && !triggers.includes(event.trigger)) {
      return filtered('trigger', 'event.triggers', rules);
    }
    if (
      maxAccuracy !== undefined &&
      event.accuracyMeters !== undefined &&
      event.accuracyMeters > maxAccuracy
    ) {
      return filtered('inaccurate', 'event.maxAccuracyMeters', rules);
    }
    if (!rules.inRollout(event.userId)) return filtered('not_in_rollout', 'rollout', rules);
    const timeZone = timeZoneOf(event, documents);
    const { quiet, nextStartMs } = rules.quietHours(timeZone, nowMs);
    if (quiet) return filtered('quiet_hours', 'quietHours', rules);
    if (fullCap !== undefined) return filtered('cooldown', capName(fullCap), rules);
    return next({ nowMs, timeZone, staleAt: stale, quietFromMs: nextStartMs });
  };
}

/** As the rule document counts its caps. */
export function capName(index: number): string {
  return `caps[${String(index)}]`;
}
