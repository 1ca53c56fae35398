/** Outcomes as JSON records keyed by user, written and acknowledged before the event’s offset is committed. */
import type { OutcomeRecord } from '../../domain/outcome.ts';
import type { OutcomeLog } from '../../pipeline/ports.ts';
import { UnavailableError, type Service } from '../../runtime/errors.ts';
import type { RecordSender } from './record-sender.ts';

/**
 * The sender’s topic is the outcome topic. `service` is what the event waits for where the topic refuses an outcome.
 */
export function createOutcomeLog(sender: RecordSender, service: Service = 'outcome topic'): OutcomeLog {
  return {
    async record(outcome) {
      const value = toJson(outcome);
      let answer = await sender.send({ key: outcome.userId ?? null, value });
      // A compacted topic takes no record without a key, and an unreadable event has no user.
      if (answer === 'invalid' && outcome.userId === undefined) {
        answer = await sender.send({ key: outcome.eventId, value });
      }
      // An outcome has some hundred bytes: a topic that refuses it is set up wrongly, and nothing may be lost.
      if (answer !== 'sent') throw new UnavailableError(service, `the topic refuses outcomes as ${answer}`);
    },
  };
}

/** Fields in the contract’s order; those without a value are left out. */
function toJson(outcome: OutcomeRecord): string {
  const { eventId, userId, at, reason, rule, couponId, merchantId, rulesVersion, rulesHash, pod } = outcome;
  const { topic, partition, offset, index } = outcome.source;
  return JSON.stringify({
    eventId,
    userId,
    at,
    outcome: outcome.outcome,
    reason,
    rule,
    couponId,
    merchantId,
    rulesVersion,
    rulesHash,
    pod,
    source: { topic, partition, offset, index },
  });
}
