/**
 * Recalls the next event of a busy user while the event before it is still at work. A user's events go one after the
 * other, so every round trip between two of them delays a busy user.
 *
 * An answer is used only while it is as good as a fresh one. It must be less than a second old, asked with the caps now
 * in force, and no claim of that user may have ended since. A claim is all that writes a record or fills a cap, so an
 * event whose predecessor was filtered finds what it would find now. Otherwise the event asks again. It does so, too, where
 * its predecessor began anew meanwhile: of two events of a user, the first one's answer is never the later one.
 */
import type { Cap } from '../domain/cap.ts';
import type { EventRef } from '../domain/event.ts';
import { monotonicMs } from '../runtime/clock.ts';
import type { Claims, Recalled } from './ports.ts';

/** Ms. An older answer may be out of date: the event before it waited for a service. */
const MAX_AGE_MS = 1000;
/**
 * Answers are kept by a hash of their user, one a place. Where two users share a place, the second one's event asks
 * when its turn comes, which is always right. A power of two, a few times what is at work at once.
 */
const PLACES = 2048;

export interface RecallAhead extends Claims {
  /** Recalls an event that is next of its user, unless the user's place is taken. Never throws. */
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
export function createRecallAhead(claims: Claims, nowMs: () => number = monotonicMs): RecallAhead {
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
      if (found?.ref.userId === ref.userId) asked[place] = undefined;
      if (found?.ref !== ref) return claims.recall(ref, caps);
      const isGood = found.caps === caps && nowMs() - found.atMs <= MAX_AGE_MS;
      return isGood ? found.answer : claims.recall(ref, caps);
    },
    async claim(request) {
      try {
        return await claims.claim(request);
      } finally {
        // Whatever the answer: a claim whose reply was lost may have been made.
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
