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
/**
 * Answers are kept by a hash of their user, one a place: where two users share one, an event of theirs asks when its
 * turn comes, which is always right. A power of two, a few times what is at work at once.
 */
const PLACES = 2048;

export interface RecallAhead extends Claims {
  /** Asks for an event that is next of its user, unless one of that user (or place) is asked for. Never throws. */
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
  const asked: (Asked | undefined)[] = new Array<undefined>(PLACES).fill(undefined);

  function forget(ref: EventRef): void {
    const place = placeOf(ref.userId);
    if (asked[place]?.ref === ref) asked[place] = undefined;
  }

  return {
    ahead(ref, caps) {
      const place = placeOf(ref.userId);
      if (asked[place] !== undefined) return;
      const answer = claims.recall(ref, caps);
      asked[place] = { ref, caps, atMs: nowMs(), answer };
      // Redis is away: the event asks again when its turn comes.
      answer.catch(() => {
        forget(ref);
      });
    },
    forget,
    recall(ref, caps) {
      const place = placeOf(ref.userId);
      const found = asked[place];
      if (found?.ref !== ref) return claims.recall(ref, caps);
      asked[place] = undefined;
      const isGood = found.caps === caps && nowMs() - found.atMs <= MAX_AGE_MS;
      return isGood ? found.answer : claims.recall(ref, caps);
    },
    async claim(request) {
      try {
        return await claims.claim(request);
      } finally {
        // Whatever came of it: a lost reply may have claimed, too.
        asked[placeOf(request.ref.userId)] = undefined;
      }
    },
  };
}

/** FNV-1a over UTF-16 units. */
function placeOf(userId: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < userId.length; at += 1) hash = Math.imul(hash ^ userId.charCodeAt(at), 0x01000193);
  return hash & (PLACES - 1);
}
