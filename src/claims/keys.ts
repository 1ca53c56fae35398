/**
 * Where the claims live in Redis. Every id is encoded, so that no hash tag is empty or broken (`}`, spaces, any
 * Unicode) and no two users share keys. An id of up to 36 plain characters (a UUID fits) stands as it is, so a person
 * finds a user by hand. Any other id becomes `~` and 132 bits of its SHA-256. No plain id begins with `~`.
 *
 *     printf %s "$USER_ID" | openssl dgst -sha256 -binary | base64 | tr +/ -_ | cut -c1-22     # after the ~
 *
 * A user's keys share one slot; the index of what is still open and the kill switch have slots of their own.
 */
import { hash } from 'node:crypto';
import type { EventRef } from '../domain/event.ts';

const PLAIN = /^[A-Za-z0-9._-]{1,36}$/;
const HASHED_LENGTH = 22;

export interface Keyspace {
  /** The event's record (hash) and the user's history (sorted set): KEYS[1] and KEYS[2] of every script. */
  ofEvent(ref: EventRef): readonly [record: string, history: string];
  /** Sorted set of the pushes whose outcome is not published yet, by when to look at them. */
  readonly open: string;
}

/**
 * @param prefix 1 or more of `A–Z a–z 0–9 . _ : -`: a hash tag of the prefix's own would put all users in one slot.
 */
export function createKeyspace(prefix: string): Keyspace {
  if (!/^[A-Za-z0-9._:-]+$/.test(prefix)) throw new RangeError(`not a key prefix: ${JSON.stringify(prefix)}`);
  return {
    ofEvent: ({ userId, eventId }) => {
      const user = `${prefix}:{${encodeId(userId)}}`;
      return [`${user}:e:${encodeId(eventId)}`, `${user}:h`];
    },
    open: `${prefix}:open`,
  };
}

/** @returns the event's id where its key holds only a digest of it; else ''. */
export function unnamed({ eventId }: EventRef): string {
  return PLAIN.test(eventId) ? '' : eventId;
}

export function encodeId(id: string): string {
  return PLAIN.test(id) ? id : `~${digest(id, HASHED_LENGTH)}`;
}

/** The index entry of an event, from which the event can be found again. */
export function openMember({ userId, eventId }: EventRef): string {
  return JSON.stringify([userId, eventId]);
}

/** @returns undefined for what {@link openMember} did not write. */
export function parseOpenMember(member: string): EventRef | undefined {
  try {
    const parts: unknown = JSON.parse(member);
    if (!Array.isArray(parts)) return undefined;
    const [userId, eventId] = parts as unknown[];
    return typeof userId === 'string' && typeof eventId === 'string' ? { userId, eventId } : undefined;
  } catch {
    return undefined;
  }
}

/** @returns so many characters of 6 bits each (`A–Z a–z 0–9 - _`) of the text's SHA-256. */
export function digest(text: string, length: number): string {
  return hash('sha256', text, 'base64url').slice(0, length);
}
