/**
 * Room for few large answers at once. A megabyte of small coupons becomes ten megabytes of objects until its event is
 * decided. Hundreds of such answers at work would need more memory than a pod has. Who finds no place waits, first
 * come, first served, and reads no further meanwhile, so that the rest stays in the partner's hands.
 */

export interface Guest {
  /** There is a place now, and it is this one's. Must not throw. */
  admitted(): void;
}

export interface AnswerRoom {
  /** @returns true where there is a place; else the guest is admitted as soon as there is. */
  take(guest: Guest): boolean;
  /** No longer waits; nothing where it does not. */
  giveUp(guest: Guest): void;
  /** Gives a place back: once for each that was had. */
  leave(): void;
}

/** @param places ≥ 1. */
export function createAnswerRoom(places: number): AnswerRoom {
  const waiting = new Set<Guest>();
  let free = places;
  return {
    take(guest) {
      if (free === 0) {
        waiting.add(guest);
        return false;
      }
      free -= 1;
      return true;
    },
    giveUp: (guest) => void waiting.delete(guest),
    leave() {
      const [next] = waiting;
      if (next === undefined) {
        free += 1;
        return;
      }
      waiting.delete(next);
      next.admitted();
    },
  };
}

/** Gives one place back, at its first call. */
export function leaveOnce(room: AnswerRoom): () => void {
  let hasLeft = false;
  return () => {
    if (!hasLeft) room.leave();
    hasLeft = true;
  };
}
