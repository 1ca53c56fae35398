/** The changes of the built-in limits on coupons, and of who takes part. */
import type { RulesDocument } from '../../rules/document/schema.ts';
import { rolloutPosition } from '../../rules/rollout.ts';
import { change, leftOut, overAndUnder } from './change.ts';
import type { Change } from './mutant.ts';

/** Of a long list so many entries are tried. */
const MAX_ENTRIES = 20;
const USERS_TRIED = 5000;

export function changeLimits(document: RulesDocument): readonly Change[] {
  return [...changeCoupon(document), ...changeMerchants(document), ...changeRollout(document)];
}

function changeCoupon({ coupon }: RulesDocument): readonly Change[] {
  if (coupon === undefined) return [];
  const { minDiscountPercent, maxDistanceMeters, minRemaining } = coupon;
  const between = (what: string): string => `a coupon whose ${what} lies between the two, or on the border`;
  return [
    ...overAndUnder(['coupon', 'minDiscountPercent'], minDiscountPercent, between('discountPercent')),
    ...overAndUnder(['coupon', 'maxDistanceMeters'], maxDistanceMeters, between('distanceMeters')),
    ...overAndUnder(['coupon', 'minRemaining'], minRemaining, between('validUntil')),
    ...leftOut(['coupon'], coupon, 'a coupon that only this excludes'),
  ];
}

function changeMerchants({ merchants }: RulesDocument): readonly Change[] {
  if (merchants === undefined) return [];
  const entries = (['allow', 'deny'] as const).flatMap((list) =>
    (merchants[list] ?? [])
      .slice(0, MAX_ENTRIES)
      .map((merchantId, index) =>
        change(
          ['merchants', list, index],
          merchantId,
          undefined,
          `a coupon of ${merchantId}, ${list === 'deny' ? 'and expect: { rule: merchants.deny }' : 'which is queued'}`,
        ),
      ),
  );
  return [
    ...entries,
    ...leftOut(['merchants'], merchants, 'coupons of merchants that the lists name, and of others'),
  ];
}

function changeRollout({ rollout }: RulesDocument): readonly Change[] {
  if (rollout === undefined) return [];
  const { percent, salt = '' } = rollout;
  const shares = [percent - 1, percent + 1].map((other) => {
    const [from, to] = [Math.min(percent, other), Math.max(percent, other)];
    const users = Array.from({ length: USERS_TRIED }, (_, index) => `user-${String(index + 1)}`);
    const between = users.find((userId) => {
      const position = rolloutPosition(salt, userId);
      return position >= from && position < to;
    });
    return change(
      ['rollout', 'percent'],
      percent,
      other,
      `event: { userId: ${between ?? 'one who stands between the two'} }`,
    );
  });
  return [
    ...shares,
    change(['rollout', 'salt'], salt, `${salt}~`, 'a user who takes part, and one who does not'),
    change(
      ['rollout'],
      `${String(percent)} %`,
      undefined,
      'a user who does not take part, and expect: { reason: not_in_rollout }',
    ),
  ];
}
