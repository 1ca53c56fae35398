/**
 * Logs a rule that fails while it runs, by its id. At most once a minute a rule and version, because a bad rule fails
 * on every coupon. The metric counts them all.
 */
import type { FlowMeter } from '../pipeline/ports.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';

const AGAIN_AFTER_MS = 60_000;
/** A document holds at most 200 rules: beyond this, versions have gone by. */
const REMEMBERED = 1000;

/** The meter, with failing rules told to the logger. */
export function withRuleFaults(meter: FlowMeter, logger: Logger, clock: Clock): FlowMeter {
  const saidAtMs = new Map<string, number>();
  return {
    ...meter,
    ruleExcluded: (exclusion, rulesVersion) => {
      meter.ruleExcluded(exclusion, rulesVersion);
      const { rule, error } = exclusion;
      if (error === undefined) return;
      const key = `${rulesVersion}\n${rule}`;
      const nowMs = clock.now();
      if (nowMs - (saidAtMs.get(key) ?? -Infinity) < AGAIN_AFTER_MS) return;
      if (saidAtMs.size >= REMEMBERED) saidAtMs.clear();
      saidAtMs.set(key, nowMs);
      logger.warn({ rule, rulesVersion, error }, 'a rule failed while it ran: the coupon is excluded');
    },
  };
}
