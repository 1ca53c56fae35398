/** What brokers say of records that they do not take, told apart by what helps. */
import { brokerErrorType } from '../client/client.ts';

/** Of a record that will never be taken as it is: `invalid` also where a compacted topic gets one without a key. */
export type RecordRefusal = 'too_large' | 'invalid';

const OF_A_RECORD: Readonly<Record<string, RecordRefusal>> = {
  MESSAGE_TOO_LARGE: 'too_large',
  RECORD_LIST_TOO_LARGE: 'too_large',
  INVALID_RECORD: 'invalid',
  INVALID_TIMESTAMP: 'invalid',
  // Brokers before 2.4 say so of a record without a key for a compacted topic.
  CORRUPT_MESSAGE: 'invalid',
};

/** Nothing that is sent there is taken until somebody changes the topic, or the rights to it. */
const OF_A_TOPIC: ReadonlySet<string> = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'POLICY_VIOLATION',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_REQUIRED_ACKS',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'UNSUPPORTED_COMPRESSION_TYPE',
]);

/** Of a request with several records the answer holds for at least one of them. */
export function recordRefusalOf(error: unknown): RecordRefusal | undefined {
  const type = brokerErrorType(error);
  return type === undefined ? undefined : OF_A_RECORD[type];
}

export function isTopicRefusal(error: unknown): boolean {
  const type = brokerErrorType(error);
  return type !== undefined && OF_A_TOPIC.has(type);
}
