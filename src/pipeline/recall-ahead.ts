/**
 * Looks up the next event of a busy user while the one before it is still at work: a user's events go one after the
 * other, so for a hot user every round trip between two of them counts.
 *
 * An answer is used only where it is as good as one of the moment: young, asked with the caps now in force, and with
 * no claim of that user's ended since. A claim is all that writes a record or fills a cap, so an event whose
 * predecessor was filtered finds what it would find now. Else the event asks again, as if nobody had looked.
 */
import type { Cap } from '../domain/cap.ts';
import type { EventRef } from '../domain/event.ts';
import type { Claims, Recalled } from './ports.ts';

/** Ms; an older answer about caps could be long out of date: its event's predecessor waited for somebody. */
const MAX_AGE_MS = 1000;

export interface RecallAhead extends Claims {
  /** Asks for an event that is next of its user; at most one a user is looked up ahead. Never throws. */
  ahead(ref: EventRef, caps: readonly Cap[]): void;
  /** The event will not come. */
  forget(ref: EventRef): void;
}

interface Asked {
  readonly ref: EventRef;
  readonly caps: readonly Cap[];
  readonly atMs: number;
  readonly answer: Promise<Recalled>;
}

/** @param nowMs never goes back. */
export function createRecallAhead(
  claims: Claims,
  nowMs: () => number = () => performance.now(),
): RecallAhead {
  const asked = new Map<string, Asked>();

  function forget(ref: EventRef): void {
    if (asked.get(ref.userId)?.ref === ref) asked.delete(ref.userId);
  }

  return {
    ahead(ref, caps) {
      if (asked.has(ref.userId)) return;
      const answer = claims.recall(ref, caps);
      asked.set(ref.userId, { ref, caps, atMs: nowMs(), answer });
      // Redis is away: the event asks again when its turn comes.
      answer.catch(() => {
        forget(ref);
      });
    },
    forget,
    recall(ref, caps) {
      const found = asked.get(ref.userId);
      if (found?.ref !== ref) return claims.recall(ref, caps);
      asked.delete(ref.userId);
      const isGood = found.caps === caps && nowMs() - found.atMs <= MAX_AGE_MS;
      return isGood ? found.answer : claims.recall(ref, caps);
    },
    async claim(request) {
      try {
        return await claims.claim(request);
      } finally {
        // Whatever came of it: a lost reply may have claimed, too.
        asked.delete(request.ref.userId);
      }
    },
  };
}
