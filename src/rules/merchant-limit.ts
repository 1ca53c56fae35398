/**
 * What keeps a merchant's coupons from being pushed: the document's lists, and the merchant itself. Asked when an event
 * is decided, and again right before a claimed push is sent.
 */
import type { FrozenPush } from '../domain/push.ts';
import type { Merchant } from '../domain/merchant.ts';
import type { FindMerchant, Ruleset } from '../pipeline/ports.ts';
import type { RulesDocument } from './document/schema.ts';

/** In the order of asking. */
export const MERCHANT_LIMITS = ['merchants.deny', 'merchants.allow', 'merchant.active'] as const;

/** @returns the path of the first limit that the merchant breaks, or undefined. O(1), whatever the lists' length. */
export function createMerchantLimit(document: Pick<RulesDocument, 'merchants'>): Ruleset['merchantLimit'] {
  const deny = new Set(document.merchants?.deny);
  const allow = new Set(document.merchants?.allow);
  return (merchantId: string, merchant: Merchant | undefined) => {
    if (deny.has(merchantId)) return 'merchants.deny';
    // An empty list allows everybody, as a missing one does.
    if (allow.size > 0 && !allow.has(merchantId)) return 'merchants.allow';
    return merchant?.active === false ? 'merchant.active' : undefined;
  };
}

/**
 * Why a push that was claimed must not be sent any more.
 *
 * @param rules in force now; undefined: none are known yet, and nothing is withdrawn.
 */
export function withdrawalOf(
  { merchantId }: Pick<FrozenPush, 'merchantId'>,
  rules: Pick<Ruleset, 'enabled' | 'merchantLimit'> | undefined,
  findMerchant: FindMerchant,
): 'kill switch' | 'merchant' | undefined {
  if (rules === undefined) return undefined;
  if (!rules.enabled) return 'kill switch';
  return rules.merchantLimit(merchantId, findMerchant(merchantId)) === undefined ? undefined : 'merchant';
}
