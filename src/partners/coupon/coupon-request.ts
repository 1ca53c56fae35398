/** Where the coupon API is asked, and for what: the base URL is taken apart once, a call only joins strings. */
import type { LocationEvent } from '../../domain/event.ts';
import type { CouponQuery } from '../../pipeline/ports.ts';
import { ACCEPTED_ENCODINGS } from '../http/unpack-body.ts';
import { encodeHeader, plainDecimal, encodeQuery } from '../http/http-encoding.ts';

export interface CouponRequestTarget {
  readonly origin: string;
  /** Path and query of the call for an event. Never throws. */
  path(event: Pick<LocationEvent, 'userId' | 'latitude' | 'longitude' | 'merchantId'>): string;
}

/**
 * @param url base URL; may carry a path and a trailing slash, of a query nothing is kept.
 * @throws TypeError where it is no http(s) URL.
 */
export function couponRequestTarget(url: string): CouponRequestTarget {
  const { origin, pathname, protocol } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('expected an http(s) URL');
  const prefix = `${pathname.replace(/\/+$/, '')}/v1/coupons?userId=`;
  return {
    origin,
    path(event) {
      const merchant = event.merchantId === undefined ? '' : `&merchantId=${encodeQuery(event.merchantId)}`;
      return `${prefix}${encodeQuery(event.userId)}&latitude=${plainDecimal(event.latitude)}&longitude=${plainDecimal(event.longitude)}${merchant}`;
    },
  };
}

/** As undici takes them: names and values in turn. */
export function couponHeaders(
  query: Pick<CouponQuery, 'event' | 'tracestate'>,
  traceparent: string,
  token: string | undefined,
): string[] {
  const headers = [
    'accept',
    'application/json',
    'accept-encoding',
    ACCEPTED_ENCODINGS,
    'x-event-id',
    encodeHeader(query.event.eventId),
    'traceparent',
    traceparent,
  ];
  if (query.tracestate !== undefined) headers.push('tracestate', query.tracestate);
  if (token !== undefined) headers.push('authorization', `Bearer ${token}`);
  return headers;
}
