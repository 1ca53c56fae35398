/**
 * Writes what a decision saw to the decision topic, acknowledged before the event's offset is committed, as outcomes are.
 * A record that the topic refuses for its size goes without its coupons, and says so: it never stops a partition. Lines
 * that wait are bounded: beyond 16 Mi characters their events keep their places, so that no more begin meanwhile.
 */
import { UnavailableError } from '../runtime/errors.ts';
import type { Ownership } from '../domain/ownership.ts';
import { untilAcknowledged, type OutageRetryPorts } from './outage-retry.ts';
import type { Decision, DecisionLog, DescribeDecision } from './ports.ts';

/** As `/status` names it. */
const TOPIC = 'decision topic';
const MAX_WAITING_LENGTH = 16 * 1024 * 1024;

export interface DecisionRecording {
  readonly log: DecisionLog;
  readonly describe: DescribeDecision;
}

/**
 * Resolves once the decision's record is acknowledged. Its coupons are let go at once.
 *
 * @throws AbandonedError when ownership is revoked while waiting.
 */
export type RecordDecision = (decision: Decision, ownership: Ownership) => Promise<void>;

export function createRecordDecision(
  { log, describe }: DecisionRecording,
  ports: OutageRetryPorts,
): RecordDecision {
  let waitingLength = 0;
  return async (decision, ownership) => {
    const { seen } = decision;
    const { userId } = decision.event;
    let line = describe(decision);
    seen.answer = undefined;
    seen.merchants = [];
    const { length } = line;
    waitingLength += length;
    const write = async (): Promise<void> => {
      let answer = await log.record(userId, line);
      if (answer === 'too_large') {
        line = describe(decision, true);
        answer = await log.record(userId, line);
      }
      // Some hundred bytes: a topic that refuses them is set up wrongly, and nothing may be lost.
      if (answer === 'too_large')
        throw new UnavailableError(TOPIC, 'the topic refuses every decision as too large');
    };
    try {
      const isFull = waitingLength > MAX_WAITING_LENGTH;
      await untilAcknowledged(write, TOPIC, ownership, ports, isFull);
    } finally {
      waitingLength -= length;
    }
  };
}
