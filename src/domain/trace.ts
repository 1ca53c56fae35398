/**
 * W3C trace context: a record's `traceparent` is continued with a span of our own, a record without one starts
 * a trace. https://www.w3.org/TR/trace-context/
 */
import { randomBytes } from 'node:crypto';
import { headerText, type HeaderValue, type RecordEnvelope } from './record.ts';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
/** As long as W3C asks everybody to pass it on. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);
const SAMPLED = 1;
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
const IDS_AT_ONCE = 256;

let digits = '';
let used = 0;

/** Of a span somewhere else, such as the producer's. */
export interface RemoteSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Two hex digits. */
  readonly flags: string;
}

/** @returns undefined where the header is no valid `traceparent` of version 00. */
export function readTraceparent(header: HeaderValue): RemoteSpan | undefined {
  if (header === undefined || Array.isArray(header)) return undefined;
  const [, traceId = NO_TRACE, spanId = NO_SPAN, flags = ''] = TRACEPARENT.exec(headerText(header)) ?? [];
  return traceId === NO_TRACE || spanId === NO_SPAN ? undefined : { traceId, spanId, flags };
}

/** @returns what goes on beside a `traceparent` that goes on; undefined where there is none, or it can't be passed on. */
export function readTracestate(headers: RecordEnvelope['headers']): string | undefined {
  const given = headers['tracestate'];
  if (given === undefined || readTraceparent(headers['traceparent']) === undefined) return undefined;
  const text = Array.isArray(given) ? given.map((one) => headerText(one)).join(',') : headerText(given);
  return TRACESTATE.test(text) ? text : undefined;
}

/** Whoever made the span has recorded it. */
export function isSampled({ flags }: RemoteSpan): boolean {
  return (Number.parseInt(flags, 16) & SAMPLED) !== 0;
}

/** @returns a valid `traceparent` of version 00 with a new span id. */
export function continueTrace(header: HeaderValue): string {
  const given = readTraceparent(header);
  const ids = randomIds();
  if (given === undefined) return `00-${ids.trace}-${ids.span}-01`;
  return `00-${given.traceId}-${ids.span}-${given.flags}`;
}

/** Random ids in batches: one system call for 256 events. */
function randomIds(): { readonly trace: string; readonly span: string } {
  if (used === digits.length) {
    digits = randomBytes((IDS_AT_ONCE * (TRACE_DIGITS + SPAN_DIGITS)) / 2).toString('hex');
    used = 0;
  }
  const span = used + TRACE_DIGITS;
  const end = span + SPAN_DIGITS;
  const ids = { trace: digits.slice(used, span), span: digits.slice(span, end) };
  used = end;
  return ids;
}
