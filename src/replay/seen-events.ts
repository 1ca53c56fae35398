/**
 * Which events there were already: an event that is delivered again has a record for each run. Memory is bounded: of a
 * long recording only the last {@link REMEMBERED} events are known again, which is more than a pod's death redoes.
 */
import type { EventRef } from '../domain/event.ts';

/** At least; twice as many at most. */
const REMEMBERED = 200_000;

export interface SeenEvents {
  /** @returns false where the event was added before. */
  add(ref: EventRef): boolean;
}

export function createSeenEvents(remembered = REMEMBERED): SeenEvents {
  let recent = new Set<number>();
  let older = new Set<number>();
  return {
    add(ref) {
      const key = keyOf(ref);
      if (recent.has(key)) return false;
      const isNew = !older.has(key);
      if (recent.size >= remembered) {
        older = recent;
        recent = new Set();
      }
      recent.add(key);
      return isNew;
    },
  };
}

/** 53 bits: of some 100,000 events no two have one key but by a chance of 1 in a million. */
function keyOf({ userId, eventId }: EventRef): number {
  const text = `${String(userId.length)}:${userId}${eventId}`;
  let high = 0x811c9dc5;
  let low = 0x9747b28c;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x85ebca6b) + (low >>> 13);
  }
  return (high >>> 11) * 0x1_0000_0000 + (low >>> 0);
}
