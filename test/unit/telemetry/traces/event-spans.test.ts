/** What a trace says of events that end otherwise than by a push, and how much of it there is at most. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventTracer } from '../../../../src/domain/event-trace.ts';
import { UnavailableError } from '../../../../src/runtime/errors.ts';
import { bench, piece, rawEvent, type Bench } from '../../../support/pipeline-fakes.ts';
import {
  startOtlpReceiver,
  type OtlpReceiver,
  type ReceivedSpan,
} from '../../../support/telemetry/otlp-receiver.ts';
import { decide, SPAN, TRACE, tracedPiece, tracesTo } from '../../../support/telemetry/trace-rig.ts';

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

async function spansOf(b: Bench, event = tracedPiece()): Promise<readonly ReceivedSpan[]> {
  const traces = tracesTo(receiver.url);
  await decide(traces.tracer, event, b).catch(() => undefined);
  await traces.stop();
  return receiver.spans;
}

const ofEvent = (spans: readonly ReceivedSpan[]): ReceivedSpan => {
  const found = spans.filter(({ parentId }) => parentId === SPAN);
  expect(found).toHaveLength(1);
  return found[0]!;
};
const away = () => new UnavailableError('redis', 'at 10.0.0.7, user u-1');

describe('an event', () => {
  it('that is filtered names the reason and the rule, and is no fault', async () => {
    const b = bench();
    b.script.recall = [{ kind: 'new', fullCap: 0 }];
    const { attributes, error } = ofEvent(await spansOf(b));
    expect(attributes).toMatchObject({
      'coupon_notifier.outcome': 'filtered',
      'coupon_notifier.reason': 'cooldown',
      'coupon_notifier.rule': 'caps[0]',
    });
    expect(error).toBeUndefined();
  });

  it('that is invalid has a span that failed, without what it held', async () => {
    const { headers } = tracedPiece().envelope;
    const bad = piece(rawEvent({ latitude: 'at-home' }), { envelope: { key: null, headers } });
    const spans = await spansOf(bench(), bad);
    expect(ofEvent(spans)).toMatchObject({
      error: 'invalid',
      attributes: { 'coupon_notifier.outcome': 'dead_lettered', 'error.type': 'invalid' },
    });
    expect(receiver.text()).not.toContain('at-home');
  });

  it('that is given up is no fault', async () => {
    const b = bench();
    b.onCall = (name) => {
      if (name === 'coupons') b.ownership.lose();
    };
    const { attributes, error } = ofEvent(await spansOf(b));
    expect(attributes).toMatchObject({ 'coupon_notifier.outcome': 'abandoned' });
    expect(error).toBeUndefined();
  });

  it('whose service is away shows its waits as events, its failed steps as faults, without their texts', async () => {
    const b = bench();
    b.script.claim = [away(), { kind: 'no_room', cap: 0 }];
    const spans = await spansOf(b);
    expect(spans.filter(({ name }) => name === 'claim').map(({ error }) => error)).toEqual([
      'redis away',
      undefined,
    ]);
    const waits = ofEvent(spans).events.filter(({ name }) => name === 'waiting');
    expect(waits).toEqual([{ name: 'waiting', attributes: { for: 'redis' } }]);
    expect(receiver.text()).not.toMatch(/10\.0\.0\.7|u-1/);
  });

  it('that is delivered again says so at its recall', async () => {
    const b = await decide(undefined);
    const envelope = b.claims[0]?.candidates[0]?.envelope ?? expect.fail();
    b.script.recall = [{ kind: 'known', undelivered: false, envelope }];
    const recall = (await spansOf(b)).find(({ name }) => name === 'recall');
    expect(recall?.events).toEqual([{ name: 'redelivered', attributes: {} }]);
  });

  it('that waits for hours has a bounded number of spans, and of events', async () => {
    const b = bench();
    b.script.recall = [...Array.from({ length: 3000 }, away), { kind: 'new' }];
    const spans = await spansOf(b);
    expect(b.ended).toMatchObject([{ kind: 'queued' }]);
    expect(spans).toHaveLength(1 + 24);
    const { events, attributes } = ofEvent(spans);
    expect(events).toHaveLength(64);
    expect(events.at(-1)?.name).toBe('acknowledge');
    expect(attributes).toMatchObject({ 'coupon_notifier.outcome': 'queued' });
  });
});

describe('a record of many events', () => {
  it('has a span for each, under the record’s own; steps of the first sixteen alone', async () => {
    const traces = tracesTo(receiver.url, {
      batch: { delayMs: 20, exportTimeoutMs: 1000, maxQueueSize: 4096, maxBatchSize: 512 },
    });
    const b = bench();
    const { source } = tracedPiece();
    for (let index = 0; index < 500; index += 1)
      await decide(traces.tracer, tracedPiece('01', { source: { ...source, index } }), b);
    await traces.stop();
    const indexOf = ({ attributes }: ReceivedSpan): number =>
      Number(attributes['coupon_notifier.event.index']);
    // Batches may overtake each other.
    const own = receiver.spans
      .filter(({ parentId }) => parentId === SPAN)
      .sort((a, b) => indexOf(a) - indexOf(b));
    expect(own.map(indexOf)).toEqual(Array.from({ length: 500 }, (_none, index) => index));
    expect(new Set(own.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    expect(receiver.spans).toHaveLength(500 + 16 * 8);
    expect(own[16]!.events.map(({ name }) => name)).toEqual([
      ...['recall', 'coupons', 'rules', 'claim', 'enqueue', 'acknowledge'],
    ]);
  });
});

it('an event that is not sampled makes the tracer make nothing', async () => {
  const traces = tracesTo(receiver.url);
  const made: unknown[] = [];
  const tracer: EventTracer = {
    ...traces.tracer,
    event: (origin) => {
      const found = traces.tracer.event(origin);
      if (found !== undefined) made.push(found);
      return found;
    },
  };
  const b = await decide(tracer, tracedPiece('00'));
  expect(made).toEqual([]);
  expect(b.claims[0]?.candidates[0]?.envelope).not.toHaveProperty('isTraced');
  expect(b.claims[0]?.candidates[0]?.envelope.traceparent).toMatch(
    new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`),
  );
  await decide(tracer, tracedPiece('01'), b);
  expect(made).toHaveLength(1);
  expect(b.claims[1]?.candidates[0]?.envelope).toMatchObject({ isTraced: true });
  await traces.stop();
});

it('of events without a producer’s span the share that is set is traced, each whole', async () => {
  const traces = tracesTo(receiver.url, { sampler: 'parentbased_traceidratio', ratio: 0.3 });
  const b = bench();
  for (let events = 0; events < 200; events += 1) await decide(traces.tracer, piece(rawEvent()), b);
  await traces.stop();
  const roots = receiver.spans.filter(({ parentId }) => parentId === '');
  expect(roots.length).toBeGreaterThan(20);
  expect(roots.length).toBeLessThan(110);
  expect(receiver.spans).toHaveLength(9 * roots.length);
});
