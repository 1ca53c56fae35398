/**
 * Whether the group surely still counts this pod as its member. The broker gives a member's partitions to others once it
 * has heard nothing of it for the session timeout. A pod that was frozen, suspended or cut off for as long does not
 * learn that at once. Until the group has answered it again it claims nothing: another pod may have decided its events.
 *
 * A session counts from when the last answered request was sent, by the clock that says most: the broker's count begins
 * later. What is left open is the moment between a look here and the write in Redis.
 */
import { UnavailableError } from '../../runtime/errors.ts';
import { processTime, startStopwatch, type PassingTime } from '../../runtime/write-fence.ts';

export interface Session {
  /** A request goes out that renews the session. @returns to be called where the group has taken it. */
  asks(): () => void;
  /** @throws UnavailableError where the session may be over. */
  readonly assertAlive: () => void;
}

/** Of the timeout; the rest is for the way from here to Redis. */
const SURE_SHARE = 0.9;

/** @param timeoutMs the session timeout that the group was told. Begins without a session. */
export function createSession(timeoutMs: number, time: PassingTime = processTime): Session {
  const sureMs = timeoutMs * SURE_SHARE;
  let passedMs = (): number => Infinity;
  return {
    asks() {
      const passedSinceAsked = startStopwatch(time);
      return () => {
        // Answers may overtake each other.
        if (passedSinceAsked() < passedMs()) passedMs = passedSinceAsked;
      };
    },
    assertAlive() {
      if (passedMs() < sureMs) return;
      throw new UnavailableError('kafka', 'the group has not answered for about a session');
    },
  };
}
