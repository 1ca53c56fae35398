/** The spans under one event's, or one delivery's: so many at most, as an event may be tried again for minutes. */
import { ROOT_CONTEXT, SpanKind, trace, type Attributes, type Span, type Tracer } from '@opentelemetry/api';
import type { CallTrace, TraceNote } from '../../domain/call-trace.ts';
import { monotonicMs } from '../../runtime/clock.ts';
import { markFailed, traceparentOf } from './spans.ts';

export interface Target {
  readonly method: 'GET' | 'POST';
  /** Its path without what calls differ by. */
  readonly template: string;
  readonly host: string;
  readonly port: number;
}

interface AboutSpan {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Epoch ms; default now. */
  readonly startTime?: number;
}

export interface ChildSpans {
  /** Begins now. @returns undefined where there have been too many. */
  start(name: string, parent: Span, about?: AboutSpan): Span | undefined;
  /** What is over already, between two `monotonicMs()`. */
  past(name: string, parent: Span, fromMs: number, toMs: number): void;
  /** A call as a span, or where there have been too many as an event of its parent. */
  call(parent: Span, target: Target): CallTrace;
  note(span: Span, name: string, about?: TraceNote): void;
  end(span: Span): void;
}

/** @param most how many spans. @param timeOf epoch ms of a `monotonicMs()`. */
export function createChildSpans(tracer: Tracer, most: number, timeOf: (atMs: number) => number): ChildSpans {
  let left = most;
  const now = (): number => timeOf(monotonicMs());

  const start: ChildSpans['start'] = (name, parent, about = {}) => {
    if (left === 0) return undefined;
    left -= 1;
    return tracer.startSpan(name, { startTime: now(), ...about }, trace.setSpan(ROOT_CONTEXT, parent));
  };
  const note: ChildSpans['note'] = (span, name, about) => void span.addEvent(name, about, now());
  const end: ChildSpans['end'] = (span) => span.end(now());

  return {
    start,
    past: (name, parent, fromMs, toMs) =>
      start(name, parent, { startTime: timeOf(fromMs) })?.end(timeOf(toMs)),
    note,
    end,
    call(parent, { method, template, host, port }) {
      const attributes = {
        'http.request.method': method,
        'url.template': template,
        'server.address': host,
        'server.port': port,
      };
      const span = start(`${method} ${template}`, parent, { kind: SpanKind.CLIENT, attributes });
      return {
        traceparent: traceparentOf(span ?? parent),
        ended(error, status) {
          if (span === undefined) {
            note(parent, `${method} ${template}`, {
              ...(error !== undefined && { 'error.type': error }),
              ...(status !== undefined && { 'http.response.status_code': status }),
            });
            return;
          }
          if (status !== undefined) span.setAttribute('http.response.status_code', status);
          if (error !== undefined) markFailed(span, error);
          end(span);
        },
      };
    },
  };
}
