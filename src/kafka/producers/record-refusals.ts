/** Brokers’ refusals of records, told apart by what helps. */
import { brokerErrorType } from '../client/client.ts';

/**
 * Refusals of a record that will never be taken as it is. `invalid` also where a compacted topic gets a record without
 * a key.
 */
export type RecordRefusal = 'too_large' | 'invalid';

const OF_A_RECORD: Readonly<Record<string, RecordRefusal>> = {
  MESSAGE_TOO_LARGE: 'too_large',
  RECORD_LIST_TOO_LARGE: 'too_large',
  INVALID_RECORD: 'invalid',
  INVALID_TIMESTAMP: 'invalid',
  // Brokers before 2.4 answer so to a record without a key for a compacted topic.
  CORRUPT_MESSAGE: 'invalid',
};

/** The topic takes nothing until somebody changes it, or the rights to it. */
const OF_A_TOPIC: ReadonlySet<string> = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'POLICY_VIOLATION',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_REQUIRED_ACKS',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'UNSUPPORTED_COMPRESSION_TYPE',
]);

/** In a request with several records the answer holds for at least one. */
export function recordRefusalOf(error: unknown): RecordRefusal | undefined {
  const type = brokerErrorType(error);
  return type === undefined ? undefined : OF_A_RECORD[type];
}

export function isTopicRefusal(error: unknown): boolean {
  const type = brokerErrorType(error);
  return type !== undefined && OF_A_TOPIC.has(type);
}
