/**
 * What is known from outside about a run: what was produced, what the outcome and dead-letter topics hold, what the
 * partners' ledger says. The checks beside this file are pure functions from such evidence to violations, so that
 * each can be shown a planted violation and must find it.
 */
import type { BadReason } from '../city/broken.ts';

/** Where an event lies in its topic. */
export interface Coordinates {
  readonly partition: number;
  readonly offset: string;
  readonly index: number;
}

/** One event as it was produced, acknowledged by the broker. */
export interface ProducedEvent extends Coordinates {
  /** Undefined where nobody can read them. */
  readonly userId: string | undefined;
  readonly eventId: string | undefined;
  /** Epoch ms. */
  readonly producedAt: number;
  readonly bad: { readonly reason: BadReason; readonly bytes: Buffer | null } | undefined;
}

/** A record of the dead-letter topic. */
export interface FoundLetter extends Coordinates {
  readonly reason: string;
  readonly bytes: Buffer | null;
  readonly eventId: string | undefined;
  /** Epoch ms at which it came into its topic, where that is known. */
  readonly writtenAt?: number;
}

/** Something that must not be, with an example that names it. */
export interface Violation {
  readonly message: string;
}

/** One key a place in a topic. */
export const placeOf = ({ partition, offset, index }: Coordinates): string =>
  `${partition}/${offset}/${index}`;

/** One key an event's identity. */
export const identityOf = (userId: string, eventId: string): string => `${userId}\n${eventId}`;

/** The identity as a person reads it. */
export const showIdentity = (userId: string | undefined, eventId: string | undefined): string =>
  `event ${eventId ?? '?'} of user ${userId ?? '?'}`;

/** Groups by a key, in order of appearance. */
export const groupBy = <T>(items: Iterable<T>, keyOf: (item: T) => string | undefined): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
};
