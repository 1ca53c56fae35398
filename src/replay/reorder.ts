/**
 * Puts a user's records in the order of their moments. Several pods write them, so neighbours may have changed places by
 * seconds. A record is held until so many others have been read; then it goes out behind the earlier ones of its user.
 * What comes later than that is told. Records of one pod keep the order in which it has decided them, whatever its clock
 * said. Order between users means nothing.
 */

/** Bytes of records that are held, as they were read. */
export const HELD_BYTES = 8 * 1024 * 1024;
/** Users of whom the last moment is remembered, at least. */
const REMEMBERED_USERS = 200_000;

export interface Ordered<T> {
  readonly value: T;
  /** A later one of the same user has gone out before. */
  readonly isLate: boolean;
  /** Held ones of the same user that concern it, although they come behind. */
  readonly following: readonly T[];
}

/** Where a record belongs. */
export interface Standing {
  readonly userId: string;
  /** Epoch ms. */
  readonly atMs: number;
  readonly pod: string;
  /** Epoch ms: the pod's records of a user are in this order, those of one moment in the file's. Undefined: in the file's. */
  readonly turnMs: number | undefined;
}

export interface Reorder<T> {
  /** @returns what goes out now. */
  add(standing: Standing, value: T, bytes: number): readonly Ordered<T>[];
  /** Nothing follows. @returns what was held. */
  rest(): readonly Ordered<T>[];
}

interface Held<T> extends Standing {
  /** No earlier than of what goes out before it. */
  atMs: number;
  readonly value: T;
  readonly bytes: number;
  isOut: boolean;
}

const NONE: readonly never[] = [];

/** @param concerns whether a later record of the user is to be told with the one that goes out. */
export function createReorder<T>(
  concerns: (later: T, value: T) => boolean = () => false,
  heldBytes = HELD_BYTES,
): Reorder<T> {
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
    return due.map((one, index) => {
      one.isOut = true;
      const lastMs = recent.get(userId) ?? older.get(userId) ?? -Infinity;
      recent.set(userId, Math.max(lastMs, one.atMs));
      if (recent.size >= REMEMBERED_USERS) {
        older = recent;
        recent = new Map();
      }
      const following = [...followingOf(one, due, index + 1), ...followingOf(one, ofUser, 0)];
      return { value: one.value, isLate: one.atMs < lastMs, following };
    });
  }

  function followingOf({ value }: Held<T>, held: readonly Held<T>[], from: number): readonly T[] {
    let found: T[] | undefined;
    for (let at = from; at < held.length; at += 1) {
      const later = (held[at] as Held<T>).value;
      if (concerns(later, value)) (found ??= []).push(later);
    }
    return found ?? NONE;
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
    add(standing, value, size) {
      const held: Held<T> = { ...standing, value, bytes: size, isOut: false };
      queue.push(held);
      bytes += size;
      const ofUser = byUser.get(held.userId);
      if (ofUser === undefined) byUser.set(held.userId, [held]);
      else {
        let at = ofUser.length;
        while (at > 0 && isEarlier(held, ofUser[at - 1] as Standing)) at -= 1;
        held.atMs = Math.max(held.atMs, ofUser[at - 1]?.atMs ?? -Infinity);
        ofUser.splice(at, 0, held);
      }
      return releaseUntil(heldBytes);
    },
    rest: () => releaseUntil(-1),
  };
}

function isEarlier(one: Standing, other: Standing): boolean {
  if (one.pod !== other.pod) return one.atMs < other.atMs;
  return one.turnMs !== undefined && other.turnMs !== undefined && one.turnMs < other.turnMs;
}
