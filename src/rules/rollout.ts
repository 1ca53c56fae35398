/**
 * Who is in a partial rollout: a stable share of users. Raising the percentage only adds users; a new salt draws anew.
 */
import { sharePosition } from '../domain/user-share.ts';

/** @returns the user's place in [0, 100). */
export function rolloutPosition(salt: string, userId: string): number {
  // The length keeps ("a", "bc") and ("ab", "c") apart.
  return sharePosition(`${String(salt.length)}:${salt}${userId}`);
}

/** @param percent 0–100, fractions allowed. */
export function createRollout(percent: number, salt: string): (userId: string) => boolean {
  if (percent >= 100) return () => true;
  if (percent <= 0) return () => false;
  return (userId) => rolloutPosition(salt, userId) < percent;
}
