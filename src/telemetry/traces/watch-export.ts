/** What becomes of spans on their way out: said once where it fails and once when it is over, dropped ones counted. */
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { shortError } from '../../runtime/error-text.ts';
import type { Logger } from '../../runtime/logger.ts';

export interface ExportWatch {
  readonly logger: Logger;
  readonly onDropped: (spans: number) => void;
}

export interface WatchedExporter extends SpanExporter {
  /** Resolves once no request is out. Never rejects. */
  whenIdle(): Promise<void>;
}

/** @returns `exporter`, with its failures told. */
export function watchExport(exporter: SpanExporter, { logger, onDropped }: ExportWatch): WatchedExporter {
  const out = new Set<Promise<undefined>>();
  let isFailing = false;
  const note = (result: ExportResult, spans: number): void => {
    if (result.code === ExportResultCode.SUCCESS) {
      if (isFailing) logger.info({}, 'traces are sent again');
      isFailing = false;
      return;
    }
    onDropped(spans);
    if (!isFailing)
      logger.warn({ error: shortError(result.error) }, 'traces could not be sent; the pod goes on');
    isFailing = true;
  };
  return {
    export(spans, done) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      out.add(promise);
      exporter.export(spans, (result) => {
        out.delete(promise);
        note(result, spans.length);
        done(result);
        resolve(undefined);
      });
    },
    shutdown: () => exporter.shutdown(),
    whenIdle: async () => {
      await Promise.all(out);
    },
  };
}

export interface QueueBound {
  readonly maxSpans: number;
  readonly onDropped: (spans: number) => void;
}

/**
 * The SDK's queue drops what is too much without a word. Here it is counted, and never reaches the queue.
 *
 * @param open makes the queue; an exporter that it wraps tells how many spans have left it.
 */
export function boundQueue(
  open: (taking: (exporter: SpanExporter) => SpanExporter) => SpanProcessor,
  { maxSpans, onDropped }: QueueBound,
): SpanProcessor {
  let queued = 0;
  const queue = open((exporter) => ({
    export(spans, done) {
      queued -= spans.length;
      exporter.export(spans, done);
    },
    shutdown: () => exporter.shutdown(),
  }));
  return {
    onStart: () => undefined,
    onEnd(span: ReadableSpan) {
      if (queued >= maxSpans) {
        onDropped(1);
        return;
      }
      queued += 1;
      queue.onEnd(span);
    },
    forceFlush: () => queue.forceFlush(),
    shutdown: () => queue.shutdown(),
  };
}
