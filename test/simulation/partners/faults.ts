/**
 * What can go wrong at a partner, each with its own rate, and the tool that deals the faults out. Rates are shares
 * of all calls and may be changed while the partners run; their sum should stay below 1.
 */
import { createHash } from 'node:crypto';
import type { Random } from '../city/random.ts';

/** What the coupon API does instead of answering well. */
export const COUPON_FAULTS = [
  'error500',
  'unavailable503',
  'tooMany429',
  'timeout',
  'reset',
  'slowDrip',
  'duplicated',
  'garbage',
  'rejected',
  'unauthorized',
  'redirected',
] as const;
export type CouponFault = (typeof COUPON_FAULTS)[number];

/** What the push API does instead of answering well. Half of the ambiguous ones have sent the push all the same. */
export const PUSH_FAULTS = [
  'error500',
  'unavailable503',
  'tooMany429',
  'timeout',
  'resetBeforeRead',
  'resetAfterRead',
  'slowDrip',
  'duplicated',
  'rejected',
  'unauthorized',
] as const;
export type PushFault = (typeof PUSH_FAULTS)[number];

/** What the auth server does instead of issuing a token. */
export const AUTH_FAULTS = ['error500', 'timeout', 'rejected'] as const;

export type Rates<F extends string> = Readonly<Partial<Record<F, number>>>;

/** How the coupon API can fail some users for good, and the push API put them off. */
export const SICK_COUPON_WAYS = ['unavailable503', 'tooMany429', 'timeout'] as const satisfies CouponFault[];
export const SICK_PUSH_WAYS = ['tooMany429'] as const satisfies PushFault[];

/** Whether a user is among this share of all, the same for the same share in every run. */
export const isAmong = (userId: string, share: number): boolean =>
  share > 0 && createHash('sha256').update(userId).digest().readUInt32BE(0) < share * 2 ** 32;

/** Draws at most one fault. */
export const drawFault = <F extends string>(
  random: Random,
  faults: readonly F[],
  rates: Rates<F>,
): F | undefined => {
  let luck = random.next();
  for (const fault of faults) {
    luck -= rates[fault] ?? 0;
    if (luck < 0) return fault;
  }
  return undefined;
};

/** Now and then, as on a good day: 2 % of coupon calls, 1.6 % of pushes. */
export const MILD_COUPON_RATES: Rates<CouponFault> = {
  error500: 0.006,
  unavailable503: 0.003,
  tooMany429: 0.003,
  timeout: 0.001,
  reset: 0.003,
  slowDrip: 0.001,
  garbage: 0.001,
  rejected: 0.002,
};
export const MILD_PUSH_RATES: Rates<PushFault> = {
  error500: 0.002,
  unavailable503: 0.001,
  tooMany429: 0.006,
  timeout: 0.001,
  resetBeforeRead: 0.001,
  resetAfterRead: 0.001,
  slowDrip: 0.001,
  rejected: 0.003,
};

/** The same mixture, scaled so that all faults together have this share. */
export const scaleRates = <F extends string>(rates: Rates<F>, share: number): Rates<F> => {
  const entries = Object.entries<number | undefined>(rates);
  const sum = entries.reduce((total, [, rate]) => total + (rate ?? 0), 0);
  return Object.fromEntries(entries.map(([fault, rate]) => [fault, ((rate ?? 0) / sum) * share])) as Rates<F>;
};
