/**
 * A stable share of users: a hash of each user, spread evenly over [0, 100). The same user gets the same place in every
 * pod and at every time. A larger percentage only adds users. Shares for different purposes are independent.
 */
import { hash } from 'node:crypto';

const BUCKETS = 2 ** 48;

/** @returns the place in [0, 100) of a text that names a purpose and a user. */
export function sharePosition(text: string): number {
  const digest = hash('sha256', text, 'hex');
  return (Number.parseInt(digest.slice(0, 12), 16) / BUCKETS) * 100;
}

/**
 * Whose decisions are recorded. No salt of a rollout draws the same users: its texts begin with a digit.
 *
 * @param percent 0–100, fractions allowed.
 */
export function isUserInShare(userId: string, percent: number): boolean {
  return percent >= 100 || (percent > 0 && sharePosition(`decisions:${userId}`) < percent);
}
