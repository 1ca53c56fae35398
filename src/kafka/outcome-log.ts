/**
 * Outcomes as JSON records keyed by user: written, and acknowledged, before the event's offset is committed.
 */
import type { OutcomeRecord } from '../domain/outcome.ts';
import type { OutcomeLog } from '../pipeline/ports.ts';
import { UnavailableError } from '../domain/errors.ts';
import type { RecordSender } from './record-sender.ts';

/** The sender's topic is the outcome topic. */
export function createOutcomeLog(sender: RecordSender): OutcomeLog {
  return {
    async record(outcome) {
      const sent = await sender.send({ key: outcome.userId ?? null, value: toJson(outcome) });
      // An outcome is some hundred bytes: a topic that refuses it is set up wrongly, and nothing may be lost.
      if (sent === 'too_large')
        throw new UnavailableError('Kafka', 'the outcome topic refuses small records');
    },
  };
}

/** Fields in the order of the contract; those without a value are left out. */
function toJson(outcome: OutcomeRecord): string {
  const { eventId, userId, at, reason, rule, couponId, merchantId, rulesVersion, pod } = outcome;
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
    pod,
    source: { topic, partition, offset, index },
  });
}
