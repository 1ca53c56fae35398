/** What an answer of the coupon API means: the contract's table, one row a branch. Pure. */
import type { CouponAnswer } from '../../pipeline/ports.ts';
import type { Reply } from './coupon-call.ts';
import type { ParsedCoupons } from './coupon-schema.ts';
import { parseRetryAfter } from '../http/retry-after.ts';

/** What became of one HTTP call: a closed list, for the metric. */
export const COUPON_CALL_RESULTS = [
  'ok',
  'none',
  'rejected',
  'unauthorized',
  'throttled',
  'redirect',
  'server_error',
  'timeout',
  'network',
] as const;
export type CouponCallResult = (typeof COUPON_CALL_RESULTS)[number];

export type Verdict =
  /** `invalid`: coupons that broke the schema and were left out. */
  | {
      readonly kind: 'answer';
      readonly result: CouponCallResult;
      readonly answer: CouponAnswer;
      readonly invalid: number;
    }
  /** To be retried. */
  | {
      readonly kind: 'failed';
      readonly result: CouponCallResult;
      readonly error: string;
      readonly retryAfterMs: number | undefined;
    }
  | { readonly kind: 'unauthorized'; readonly result: 'unauthorized' }
  | { readonly kind: 'abandoned' };

/** @returns undefined where the API answered as it should. */
export function faultOf(verdict: Verdict): CouponCallResult | 'abandoned' | undefined {
  if (verdict.kind === 'abandoned') return verdict.kind;
  return verdict.result === 'ok' || verdict.result === 'none' ? undefined : verdict.result;
}

const NO_COUPONS: Verdict = {
  kind: 'answer',
  result: 'none',
  answer: { kind: 'coupons', coupons: [] },
  invalid: 0,
};

/** @param nowMs epoch ms, for a `Retry-After` that names a date. Never throws. */
export function readReply(reply: Reply, nowMs: number): Verdict {
  switch (reply.kind) {
    case 'abandoned':
      return reply;
    case 'failed':
      return { kind: 'failed', result: reply.reason, error: reply.error, retryAfterMs: undefined };
    case 'too_large':
      return rejected('the answer is too large');
    case 'answer':
      return readStatus(reply, nowMs);
  }
}

type Answered = Extract<Reply, { kind: 'answer' }>;

function readStatus(reply: Answered, nowMs: number): Verdict {
  const { status, retryAfter, coupons } = reply;
  if (status === 204 || status === 404) return NO_COUPONS;
  if (coupons !== undefined) return readCoupons(reply, coupons);
  if (status === 401) return { kind: 'unauthorized', result: 'unauthorized' };
  const result = retriedAs(status);
  if (result === undefined) return rejected(`HTTP ${status}`);
  return {
    kind: 'failed',
    result,
    error: `HTTP ${status}`,
    retryAfterMs: parseRetryAfter(retryAfter, nowMs),
  };
}

function readCoupons({ status, release }: Answered, parsed: ParsedCoupons): Verdict {
  if (!parsed.ok) return rejected(`HTTP ${status}: ${parsed.error}`);
  const { coupons, invalid } = parsed;
  return {
    kind: 'answer',
    result: coupons.length === 0 ? 'none' : 'ok',
    answer: {
      kind: 'coupons',
      coupons,
      ...(invalid > 0 && { invalid }),
      ...(release !== undefined && { release }),
    },
    invalid,
  };
}

function retriedAs(status: number): CouponCallResult | undefined {
  if (status === 408) return 'timeout';
  if (status === 425 || status === 429) return 'throttled';
  // Never followed: a gateway that sends calls elsewhere for a while is down, and our token is for nobody else.
  if (status >= 300 && status < 400) return 'redirect';
  return status >= 500 ? 'server_error' : undefined;
}

function rejected(error: string): Verdict {
  return { kind: 'answer', result: 'rejected', answer: { kind: 'rejected', error }, invalid: 0 };
}
