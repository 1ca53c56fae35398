/**
 * Puts a user's records in the order of their moments. Several pods write them, so neighbours may have changed places by
 * seconds. A record is held until so many others have been read; then it goes out behind the earlier ones of its user.
 * What comes later than that is told. Order between users means nothing.
 */

/** Bytes of records that are held, as they were read. */
export const HELD_BYTES = 8 * 1024 * 1024;
/** Users of whom the last moment is remembered, at least. */
const REMEMBERED_USERS = 200_000;

export interface Ordered<T> {
  readonly value: T;
  /** A later one of the same user has gone out before. */
  readonly isLate: boolean;
}

export interface Reorder<T> {
  /** @param atMs epoch ms. @returns what goes out now. */
  add(userId: string, atMs: number, value: T, bytes: number): readonly Ordered<T>[];
  /** Nothing follows. @returns what was held. */
  rest(): readonly Ordered<T>[];
}

interface Held<T> {
  readonly userId: string;
  readonly atMs: number;
  readonly value: T;
  readonly bytes: number;
  isOut: boolean;
}

export function createReorder<T>(heldBytes = HELD_BYTES): Reorder<T> {
  let queue: Held<T>[] = [];
  let head = 0;
  let bytes = 0;
  /** By moment. */
  const byUser = new Map<string, Held<T>[]>();
  let recent = new Map<string, number>();
  let older = new Map<string, number>();

  function release(held: Held<T>): Ordered<T>[] {
    const { userId } = held;
    const ofUser = byUser.get(userId) ?? [];
    const due = ofUser.splice(0, ofUser.indexOf(held) + 1);
    if (ofUser.length === 0) byUser.delete(userId);
    return due.map((one) => {
      one.isOut = true;
      const lastMs = recent.get(userId) ?? older.get(userId) ?? -Infinity;
      recent.set(userId, Math.max(lastMs, one.atMs));
      if (recent.size >= REMEMBERED_USERS) {
        older = recent;
        recent = new Map();
      }
      return { value: one.value, isLate: one.atMs < lastMs };
    });
  }

  function releaseUntil(maxBytes: number): Ordered<T>[] {
    const out: Ordered<T>[] = [];
    while (head < queue.length && bytes > maxBytes) {
      const first = queue[head] as Held<T>;
      head += 1;
      bytes -= first.bytes;
      if (!first.isOut) out.push(...release(first));
    }
    if (head > 1000 && head * 2 > queue.length) {
      queue = queue.slice(head);
      head = 0;
    }
    return out;
  }

  return {
    add(userId, atMs, value, size) {
      const held = { userId, atMs, value, bytes: size, isOut: false };
      queue.push(held);
      bytes += size;
      const ofUser = byUser.get(userId);
      if (ofUser === undefined) byUser.set(userId, [held]);
      else {
        let at = ofUser.length;
        while (at > 0 && (ofUser[at - 1] as Held<T>).atMs > atMs) at -= 1;
        ofUser.splice(at, 0, held);
      }
      return releaseUntil(heldBytes);
    },
    rest: () => releaseUntil(-1),
  };
}
