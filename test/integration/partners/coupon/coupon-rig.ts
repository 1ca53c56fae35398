/** A coupon API of the service against a server of the test's own, made anew for each test. */
import { afterEach, beforeEach } from 'vitest';
import {
  createCouponApi,
  type CouponApi,
  type CouponApiOptions,
} from '../../../../src/partners/coupon/coupon-api.ts';
import type { CouponAnswer } from '../../../../src/pipeline/ports.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { startHttpStub, type HttpStub } from '../../../support/partners/http-stub.ts';
import { ownershipOf } from '../../../support/kafka/ownership-of.ts';
import { couponQuery, createLogBook } from '../../../support/partners/partner-fakes.ts';

export const coupon = { couponId: 'c-1', merchantId: 'm-1', title: 'Ten percent' };
/** A body with one coupon, and what it means. */
export const some = { body: JSON.stringify({ coupons: [coupon] }) };
export const someCoupons = { kind: 'coupons', coupons: [coupon] };

/** Never given up. */
const held = new AbortController().signal;

export interface CouponRig {
  readonly stub: HttpStub;
  readonly api: CouponApi;
  /** The results that were counted. */
  readonly calls: readonly string[];
  /** Coupons that were passed over. */
  readonly invalid: number;
  /** Makes the API anew, with other options. */
  readonly build: (options?: Partial<CouponApiOptions>) => void;
  readonly find: (staleInMs?: number, signal?: AbortSignal) => Promise<CouponAnswer>;
}

/** To be called once in a file. */
export function useCouponRig(timeoutMs: number): CouponRig {
  let stub: HttpStub;
  let api: CouponApi;
  let calls: string[];
  let invalid: number;
  const build: CouponRig['build'] = (options = {}) => {
    api = createCouponApi({
      url: stub.url,
      timeoutMs,
      concurrency: 8,
      clock: systemClock,
      logger: createLogBook(),
      onCall: (result) => calls.push(result),
      onInvalidCoupons: (count) => (invalid += count),
      ...options,
    });
  };
  beforeEach(async () => {
    stub = await startHttpStub();
    calls = [];
    invalid = 0;
    build();
  });
  afterEach(async () => {
    await api.stop();
    await stub.close();
  });
  return {
    get stub() {
      return stub;
    },
    get api() {
      return api;
    },
    get calls() {
      return calls;
    },
    get invalid() {
      return invalid;
    },
    build,
    find: (staleInMs, signal = held) => api.find(couponQuery({}, staleInMs), ownershipOf(signal)),
  };
}
