/** What kafkajs’s errors say: in words, and by the broker’s own name. */
import { errorText } from '../../runtime/error-text.ts';

/** kafkajs's protocol errors carry the broker's error name (`UNKNOWN_MEMBER_ID`); wrapped ones in their cause. */
export function brokerErrorType(error: unknown): string | undefined {
  const found = findCause(error, (at) => 'type' in at && typeof at.type === 'string');
  return found !== undefined && 'type' in found && typeof found.type === 'string' ? found.type : undefined;
}

/** The error itself or the first of its causes, at most four deep, of which this is true. */
export function findCause(error: unknown, isWanted: (at: Error) => boolean): Error | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (isWanted(at)) return at;
  }
  return undefined;
}

/** Its message, with a system error's code where the message does not hold it. */
export function messageOf(error: unknown): string {
  return errorText(error, { withCode: true });
}
