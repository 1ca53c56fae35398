/** A cap: at most `max` pushes per subject in any sliding window of `windowMs`. */

/**
 * What a cap counts by: the user, and of a user's pushes those that agree in all of these fields. A subject stands here
 * once. The rule document, the claims, their double in memory and the checks of the promises all read this table.
 */
export const CAP_SUBJECTS = {
  user: [],
  'user+merchant': ['merchantId'],
  'user+coupon': ['couponId'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type CapSubject = keyof typeof CAP_SUBJECTS;

/** A field of a push by which some cap counts. */
export type CapField = (typeof CAP_SUBJECTS)[CapSubject][number];
/** What caps need to know of a push. A field that a coupon lacks is ''. */
export type PushSubject = Readonly<Record<CapField, string>>;

/** The longest window a cap may have, and how long a user's push history is kept: 30 days. */
export const MAX_CAP_WINDOW_MS = 30 * 24 * 60 * 60 * 1000;

export interface Cap {
  readonly per: CapSubject;
  /** ≥ 1. */
  readonly max: number;
  /** 1 … {@link MAX_CAP_WINDOW_MS}. */
  readonly windowMs: number;
}

/** The fields of a push that the cap counts by; none: it counts all of a user's pushes. */
export function capFields(per: CapSubject): readonly CapField[] {
  return CAP_SUBJECTS[per];
}

/** @returns true where a user's cap can be seen to be full before there is a push to ask it about. */
export function countsEveryPush(per: CapSubject): boolean {
  return capFields(per).length === 0;
}

/** @returns a text (`u-1 + m-1`) that two pushes have in common if, and only if, the cap counts them together. */
export function subjectKey(per: CapSubject, userId: string, push: PushSubject): string {
  const parts = [userId, ...capFields(per).map((field) => push[field])];
  // Doubled, so that no id can look like the mark between two.
  return parts.map((part) => part.replaceAll('+', '++')).join(' + ');
}
