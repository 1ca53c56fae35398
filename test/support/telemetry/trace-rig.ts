/** Events decided and pushes sent with everything in memory, but for traces: these go to an OTLP endpoint over HTTP. */
import type { EventTracer } from '../../../src/domain/event-trace.ts';
import type { RecordPiece } from '../../../src/domain/record.ts';
import { createEventHandler } from '../../../src/pipeline/edge.ts';
import { openTraces, type TraceOptions, type Traces } from '../../../src/telemetry/traces/open-traces.ts';
import { bench, piece, rawEvent, type Bench } from '../pipeline-fakes.ts';
import { silentLogger } from '../silent-logger.ts';
import type { ReceivedSpan } from './otlp-receiver.ts';

export const TRACE = '0af7651916cd43dd8448eb211c80319c';
export const SPAN = 'b7ad6b7169203331';

export function tracesTo(url: string, changes: Partial<TraceOptions> = {}): Traces {
  return openTraces({
    url: `${url}/v1/traces`,
    headers: {},
    timeoutMs: 1000,
    sampler: 'parentbased_always_off',
    ratio: 1,
    attributes: { 'service.name': 'coupon-notifier' },
    batch: { delayMs: 20, exportTimeoutMs: 1000, maxQueueSize: 2048, maxBatchSize: 512 },
    couponApiUrl: 'https://coupons.example',
    pushApiUrl: 'http://push.example:8081/api',
    pod: 'pod-1',
    version: '1.2.3',
    consumerGroup: 'coupon-notifier',
    logger: silentLogger,
    onDropped: () => undefined,
    ...changes,
  });
}

/** A record whose producer has recorded its span, or has not. */
export function tracedPiece(flags = '01', changes: Partial<RecordPiece> = {}): RecordPiece {
  const headers = { traceparent: `00-${TRACE}-${SPAN}-${flags}`, tracestate: 'shop=42' };
  return piece(rawEvent(), { envelope: { key: null, headers }, ...changes });
}

/** Decides one event. */
export async function decide(
  tracer: EventTracer | undefined,
  event: RecordPiece = tracedPiece(),
  b: Bench = bench(),
): Promise<Bench> {
  await createEventHandler({ ...b.ports, tracer })(event).run(b.ownership);
  return b;
}

/** @returns the spans as a tree: a name and its children, by their beginnings. */
export function treeOf(spans: readonly ReceivedSpan[], parentId: string): unknown[] {
  return spans
    .filter((span) => span.parentId === parentId)
    .sort((a, b) => a.startMs - b.startMs)
    .map((span) => {
      const children = treeOf(spans, span.spanId);
      return children.length === 0 ? span.name : [span.name, ...children];
    });
}
