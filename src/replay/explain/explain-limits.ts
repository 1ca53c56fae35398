/** The built-in limits in words. A limit that the document does not set, and that nothing breaks, is not told. */
import type { Judged } from '../../rules/judged.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import { durationMs } from '../../rules/document/duration.ts';
import type { Check } from './explanation.ts';
import { countText, momentText, numberText, spanText } from './words.ts';

export interface LimitScene extends Judged {
  readonly document: RulesDocument;
  /** Whose clock moments are told by. */
  readonly zone: string | undefined;
}

interface Said {
  readonly says: string;
  readonly needs: string;
}

/** @returns undefined where there is nothing to ask. */
type Say = (scene: LimitScene) => Said | undefined;

const SAYS: Readonly<Record<string, Say>> = {
  'merchants.deny': ({ document, coupon: { merchantId } }) => {
    const list = document.merchants?.deny ?? [];
    if (list.length === 0) return undefined;
    return {
      says: `${merchantId} is ${list.includes(merchantId) ? '' : 'not '}denied`,
      needs: `merchants.deny without ${merchantId}`,
    };
  },
  'merchants.allow': ({ document, coupon: { merchantId } }) => {
    const list = document.merchants?.allow ?? [];
    if (list.length === 0) return undefined;
    return {
      says: `only ${countText(list.length, 'merchant is', 'merchants are')} allowed, and ${merchantId} is ${list.includes(merchantId) ? 'one' : 'none'} of them`,
      needs: `merchants.allow with ${merchantId}`,
    };
  },
  'merchant.active': ({ merchant }) => ({
    says: merchant?.active === false ? 'the merchant is inactive' : 'the merchant is active',
    needs: 'active: true in the merchants document',
  }),
  'coupon.validFrom': ({ coupon: { validFromMs }, zone }) =>
    validFromMs === undefined
      ? undefined
      : {
          says: `valid from ${momentText(validFromMs, zone)}`,
          needs: `a decision from ${momentText(validFromMs, zone)} on`,
        },
  'coupon.validUntil': ({ coupon: { validUntilMs }, zone }) =>
    validUntilMs === undefined
      ? undefined
      : {
          says: `valid until ${momentText(validUntilMs, zone)}`,
          needs: `a decision before ${momentText(validUntilMs, zone)}`,
        },
  'coupon.minDiscountPercent': ({ coupon: { discountPercent }, document }) => {
    const least = numberText(document.coupon?.minDiscountPercent ?? 0);
    const has =
      discountPercent === undefined
        ? 'no discount, which counts as 0 %'
        : `a discount of ${numberText(discountPercent)} %`;
    return { says: `${has}, at least ${least} %`, needs: `a discount of ${least} % or more` };
  },
  'coupon.maxDistanceMeters': ({ distanceMeters, document }) => {
    const most = numberText(document.coupon?.maxDistanceMeters ?? 0);
    const has =
      distanceMeters === undefined ? 'the coupon has no location' : `${numberText(distanceMeters)} m away`;
    return { says: `${has}, at most ${most} m`, needs: `an event within ${most} m of the coupon` };
  },
  'coupon.minRemaining': ({ coupon: { validUntilMs }, document, nowMs, zone }) => {
    const least = document.coupon?.minRemaining ?? '0s';
    if (validUntilMs === undefined) return { says: `the coupon never ends, at least ${least}`, needs: '' };
    return {
      says: `ends in ${spanText(validUntilMs - nowMs)}, at least ${least}`,
      needs: `a decision by ${momentText(validUntilMs - durationMs(least), zone)}`,
    };
  },
};

export function explainLimits(
  asked: readonly { readonly path: string; readonly isBroken: boolean }[],
  scene: LimitScene,
): readonly Check[] {
  return asked.flatMap(({ path, isBroken }): readonly Check[] => {
    const said = SAYS[path] === undefined ? { says: '', needs: '' } : SAYS[path](scene);
    if (said === undefined) return [];
    const { says, needs } = said;
    return [{ name: path, verdict: isBroken ? 'stopped' : 'passed', says, ...(isBroken && { needs }) }];
  });
}
