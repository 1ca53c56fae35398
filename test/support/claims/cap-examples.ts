/**
 * What each subject of a cap means, by example: the pushes in `together` (of one user) count against each other, the
 * one `apart` counts alone. Where no push of the user could count alone, there is none.
 */
import type { CapSubject, PushSubject } from '../../../src/domain/cap.ts';

export interface CapExample {
  readonly together: readonly [PushSubject, PushSubject];
  readonly apart: PushSubject | undefined;
}

const push = (merchantId: string, couponId: string): PushSubject => ({ merchantId, couponId });

export const CAP_EXAMPLES: Readonly<Record<CapSubject, CapExample>> = {
  user: { together: [push('m-1', 'c-1'), push('m-2', 'c-2')], apart: undefined },
  'user+merchant': { together: [push('m-1', 'c-1'), push('m-1', 'c-2')], apart: push('m-2', 'c-1') },
  'user+coupon': { together: [push('m-1', 'c-1'), push('m-2', 'c-1')], apart: push('m-1', 'c-2') },
};
