/** Which of a broker's refusals are the configuration's fault. */
import { RefusedToStart } from '../../runtime/errors.ts';
import { brokerErrorType } from './client.ts';

/** A refusal that the broker will repeat is the configuration’s fault. */
export function asRefusal(error: unknown, sessionTimeoutMs: number): Error {
  if (brokerErrorType(error) === 'INVALID_SESSION_TIMEOUT') {
    return new RefusedToStart(
      `KAFKA_SESSION_TIMEOUT_MS: expected a session timeout that the brokers allow (their ` +
        `group.min.session.timeout.ms … group.max.session.timeout.ms), got ${String(sessionTimeoutMs)}`,
      { cause: error },
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}
