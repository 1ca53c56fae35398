/** The filters that cost nothing, in the order in which the contract lists their reasons. */
import type { LocationEvent } from '../../domain/event.ts';
import type { Ruleset } from '../ports.ts';
import { filtered, goOn, type Step } from './step.ts';

export interface EarlyContext {
  /** Epoch ms. */
  readonly nowMs: number;
  readonly timeZone: string | undefined;
  /** Epoch ms; past it the event is stale. */
  readonly staleAtMs: number;
  readonly capFull: boolean;
}

export interface Undisturbed {
  /** Epoch ms when the user's next quiet hours begin; undefined where there are none. */
  readonly quietFromMs: number | undefined;
}

export function refuseEarly(event: LocationEvent, rules: Ruleset, context: EarlyContext): Step<Undisturbed> {
  const { version, maxAccuracyMeters: maxAccuracy, triggers } = rules;
  if (!rules.enabled) return filtered('disabled', version);
  if (!event.pushConsent) return filtered('no_consent', version);
  if (context.nowMs > context.staleAtMs) return filtered('stale', version);
  if (triggers !== undefined && !triggers.includes(event.trigger)) return filtered('trigger', version);
  if (maxAccuracy !== undefined && event.accuracyMeters !== undefined && event.accuracyMeters > maxAccuracy) {
    return filtered('inaccurate', version);
  }
  if (!rules.inRollout(event.userId)) return filtered('not_in_rollout', version);
  const { quiet, nextStartMs } = rules.quietHours(context.timeZone, context.nowMs);
  if (quiet) return filtered('quiet_hours', version);
  if (context.capFull) return filtered('cooldown', version);
  return goOn({ quietFromMs: nextStartMs });
}
