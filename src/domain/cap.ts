/** A cap: at most `max` pushes per subject in any sliding window of `windowMs`. */

export const CAP_SUBJECTS = ['user', 'user+merchant', 'user+coupon'] as const;
export type CapSubject = (typeof CAP_SUBJECTS)[number];

/** The longest window a cap may have, and how long a user's push history is kept: 30 days. */
export const MAX_CAP_WINDOW_MS = 30 * 24 * 60 * 60 * 1000;

export interface Cap {
  readonly per: CapSubject;
  /** ≥ 1. */
  readonly max: number;
  /** 1 … {@link MAX_CAP_WINDOW_MS}. */
  readonly windowMs: number;
}
