/** What decisions saw as JSON records keyed by user, acknowledged before the event's offset is committed. */
import type { DecisionLog } from '../../pipeline/ports.ts';
import { UnavailableError, type Service } from '../../runtime/errors.ts';
import type { RecordSender } from './record-sender.ts';

/**
 * The sender's topic is the decision topic. `service` is what the event waits for where the topic refuses a record for
 * another reason than its size.
 *
 * @param includes whose decisions are recorded.
 */
export function createDecisionLog(
  sender: RecordSender,
  includes: DecisionLog['includes'],
  service: Service = 'decision topic',
): DecisionLog {
  return {
    includes,
    async record(userId, line) {
      // As bytes: kafkajs measures a text twice before it writes it.
      const answer = await sender.send({ key: Buffer.from(userId), value: Buffer.from(line) });
      if (answer === 'sent') return 'recorded';
      if (answer === 'too_large') return answer;
      throw new UnavailableError(service, `the topic refuses decisions as ${answer}`);
    },
  };
}
