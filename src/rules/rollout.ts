/**
 * Who is in a partial rollout: a hash of salt and user, spread evenly over [0, 100). The same user gets the same answer
 * in every pod and at every time. Raising the percentage only adds users; a new salt draws anew.
 */
import { hash } from 'node:crypto';

const BUCKETS = 2 ** 48;

/** @returns the user's place in [0, 100). */
export function rolloutPosition(salt: string, userId: string): number {
  // The length keeps ("a", "bc") and ("ab", "c") apart.
  const digest = hash('sha256', `${String(salt.length)}:${salt}${userId}`, 'hex');
  return (Number.parseInt(digest.slice(0, 12), 16) / BUCKETS) * 100;
}

/** @param percent 0–100, fractions allowed. */
export function createRollout(percent: number, salt: string): (userId: string) => boolean {
  if (percent >= 100) return () => true;
  if (percent <= 0) return () => false;
  return (userId) => rolloutPosition(salt, userId) < percent;
}
