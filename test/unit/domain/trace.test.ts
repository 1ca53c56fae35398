/** Trace context: an operator follows an event from its producer through our calls by one trace id. */
import { describe, expect, it } from 'vitest';
import { continueTrace, readTracestate } from '../../../src/domain/trace.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

function partsOf(traceparent: string) {
  const [, trace = '', span = '', flags = ''] = FORM.exec(traceparent) ?? [];
  return { trace, span, flags };
}

describe("a record's trace", () => {
  it.each(['00', '01'])('goes on with a span of our own and its flags: %s', (flags) => {
    const parts = partsOf(continueTrace(Buffer.from(`00-${TRACE}-${SPAN}-${flags}`)));
    expect(parts).toMatchObject({ trace: TRACE, flags });
    expect(parts.span).toHaveLength(16);
    expect(parts.span).not.toBe(SPAN);
  });

  it.each([
    ['none', undefined],
    ['several', [`00-${TRACE}-${SPAN}-01`]],
    ['a version that is not known', `01-${TRACE}-${SPAN}-01`],
    ['no hex', `00-${TRACE.replace('0', 'g')}-${SPAN}-01`],
    ['a trace of another length', `00-${TRACE}a-${SPAN}-01`],
    ['a span of another length', `00-${TRACE}-${SPAN}a-01`],
    ['flags of another length', `00-${TRACE}-${SPAN}-011`],
    ['something before it', `x00-${TRACE}-${SPAN}-01`],
    ['something after it', `00-${TRACE}-${SPAN}-01-x`],
    ['a trace of nothing but zeros, which W3C forbids', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ])('is begun where the header has %s', (_what, header) => {
    const { trace, flags } = partsOf(continueTrace(header));
    expect(trace).toHaveLength(32);
    expect(trace).not.toBe(TRACE);
    expect(trace).not.toMatch(/^0+$/);
    expect(flags).toBe('01');
  });
});

describe('what goes on beside it', () => {
  const traceparent = `00-${TRACE}-${SPAN}-01`;

  it('is the producer’s tracestate, its parts joined', () => {
    expect(readTracestate({ traceparent, tracestate: Buffer.from('a=1,b=2') })).toBe('a=1,b=2');
    expect(readTracestate({ traceparent, tracestate: [Buffer.from('a=1'), 'b=2'] })).toBe('a=1,b=2');
  });

  it.each([
    ['none is there', { traceparent }],
    ['the trace is begun anew', { tracestate: 'a=1' }],
    ['it would break a header', { traceparent, tracestate: 'a=1\r\nx-evil: 1' }],
    ['it is no ASCII', { traceparent, tracestate: 'a=ü' }],
    ['it is longer than must be passed on', { traceparent, tracestate: `a=${'1'.repeat(511)}` }],
    ['it is empty', { traceparent, tracestate: '' }],
  ])('is nothing where %s', (_why, headers) => {
    expect(readTracestate(headers)).toBeUndefined();
  });
});

it('no id comes twice in a thousand events', () => {
  const begun = Array.from({ length: 1000 }, () => partsOf(continueTrace(undefined)));
  expect(new Set(begun.map(({ trace }) => trace)).size).toBe(1000);
  expect(new Set(begun.map(({ span }) => span)).size).toBe(1000);
  expect(begun.every(({ trace, span }) => trace.length === 32 && span.length === 16)).toBe(true);
});
