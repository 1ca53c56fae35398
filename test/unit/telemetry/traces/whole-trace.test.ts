/** One event from its producer to the call that sends its push, as one trace: over real HTTP, and two pods. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCouponApi, type CouponApi } from '../../../../src/partners/coupon/coupon-api.ts';
import { createPushApi, type PushApi } from '../../../../src/partners/push/push-api.ts';
import { createEventHandler } from '../../../../src/pipeline/edge.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { createBench, type DeliveryBench } from '../../../support/claims/delivery-bench.ts';
import { startHttpStub, type HttpStub } from '../../../support/partners/http-stub.ts';
import { bench, NOW } from '../../../support/pipeline-fakes.ts';
import { silentLogger as logger } from '../../../support/silent-logger.ts';
import {
  startOtlpReceiver,
  type OtlpReceiver,
  type ReceivedSpan,
} from '../../../support/telemetry/otlp-receiver.ts';
import { SPAN, TRACE, tracedPiece, tracesTo, treeOf } from '../../../support/telemetry/trace-rig.ts';

const clock = { ...systemClock, now: () => NOW };
const COUPON = { couponId: 'c-1', merchantId: 'm-1', title: 'Secret coffee' };

let receiver: OtlpReceiver;
let partner: HttpStub;
let couponApi: CouponApi;
let pushApi: PushApi;
let delivery: DeliveryBench;

beforeEach(async () => {
  [receiver, partner] = await Promise.all([startOtlpReceiver(), startHttpStub()]);
  couponApi = createCouponApi({
    url: partner.url,
    timeoutMs: 1000,
    concurrency: 4,
    clock,
    logger,
    random: () => 0,
  });
  pushApi = createPushApi({ url: partner.url, timeoutMs: 1000, clock, logger });
  delivery = createBench();
});
afterEach(async () => {
  pushApi.stop();
  await couponApi.stop();
  await Promise.all([receiver.close(), partner.close()]);
});

/** Two pods: one decides the event, another one sends its push. */
async function play(changes: Parameters<typeof tracesTo>[1] = {}, piece = tracedPiece()): Promise<void> {
  const [deciding, sending] = [tracesTo(receiver.url, changes), tracesTo(receiver.url, changes)];
  const b = bench();
  const ports = { ...b.ports, claims: delivery.memory.claims, coupons: couponApi, tracer: deciding.tracer };
  await createEventHandler(ports)(piece).run(b.ownership);
  await delivery.runToEnd({ sender: pushApi, tracer: sending.tracer });
  await Promise.all([deciding.stop(), sending.stop()]);
}

function spanOf(name: string): ReceivedSpan {
  const found = receiver.spans.filter((span) => span.name === name);
  expect(found, name).toHaveLength(1);
  return found[0]!;
}

const OK = { body: JSON.stringify({ coupons: [COUPON] }) };

describe('an event whose producer has recorded its span', () => {
  it('is one trace from there to the call that sends its push', async () => {
    partner.script(OK, { status: 202 });
    await play();
    expect(new Set(receiver.spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    expect(treeOf(receiver.spans, SPAN)).toEqual([
      [
        'process location-events',
        ...['validate', 'wait', 'recall', ['coupons', 'GET /v1/coupons'], 'rules', 'claim', 'enqueue'],
        'acknowledge',
        ['process pushes', 'POST /v1/pushes'],
      ],
    ]);
    expect(receiver.spans.every(({ state, name }) => state === 'shop=42' || name.includes('push'))).toBe(
      true,
    );
    expect(
      receiver.spans.every(({ startMs, endMs }) => endMs >= startMs && startMs > Date.now() - 60_000),
    ).toBe(true);
    expect(receiver.spans.flatMap(({ error }) => error ?? [])).toEqual([]);
  });

  it('and says of itself where it came from and how it ended', async () => {
    partner.script(OK, { status: 202 });
    await play();
    expect(spanOf('process location-events')).toMatchObject({
      kind: 'consumer',
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.type': 'process',
        'messaging.consumer.group.name': 'coupon-notifier',
        'messaging.destination.name': 'location-events',
        'messaging.destination.partition.id': '3',
        'messaging.kafka.offset': 41,
        'coupon_notifier.event.id': 'e-1',
        'coupon_notifier.outcome': 'queued',
        'coupon_notifier.rules.version': 'r1',
      },
      resource: {
        'service.name': 'coupon-notifier',
        'service.instance.id': 'pod-1',
        'service.version': '1.2.3',
      },
    });
    expect(spanOf('process pushes').attributes).toMatchObject({
      'coupon_notifier.attempt': 1,
      'coupon_notifier.outcome': 'sent',
    });
    expect(spanOf('GET /v1/coupons')).toMatchObject({
      kind: 'client',
      attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200, 'server.port': 443 },
    });
    expect(spanOf('POST /v1/pushes').attributes).toMatchObject({
      'http.response.status_code': 202,
      'server.address': 'push.example',
      'server.port': 8081,
    });
  });

  it('hands partners the span of their call', async () => {
    partner.script(OK, { status: 202 });
    await play();
    const carried = partner.requests.map(({ headers }) => headers['traceparent']);
    const own = [spanOf('GET /v1/coupons'), spanOf('POST /v1/pushes')];
    expect(carried).toEqual(own.map(({ spanId }) => `00-${TRACE}-${spanId}-01`));
  });

  it('lets out no user, no coordinate and no text of a push', async () => {
    partner.script(OK, { status: 202 });
    await play();
    expect(receiver.spans.length).toBeGreaterThan(9);
    for (const private_ of ['u-1', '52.5', '13.4', 'Secret', 'coffee'])
      expect(receiver.text(), private_).not.toContain(private_);
  });

  it('shows each try of a push as a span', async () => {
    partner.script(OK, { status: 429 }, { status: 429 }, { status: 202 });
    await play();
    const runs = receiver.spans.filter(({ name }) => name === 'process pushes');
    expect(runs.map(({ attributes }) => attributes['coupon_notifier.attempt'])).toEqual([1, 2, 3]);
    expect(runs.map(({ events }) => events.map(({ name }) => name))).toEqual([['retry'], ['retry'], []]);
    const calls = receiver.spans.filter(({ name }) => name === 'POST /v1/pushes');
    expect(calls.map(({ error }) => error)).toEqual(['not_sent', 'not_sent', undefined]);
  });

  it('shows each try of a coupon call as a span, and the waits between as events', async () => {
    partner.script({ status: 503 }, { status: 503 }, OK, { status: 202 });
    await play();
    const calls = receiver.spans.filter(({ name }) => name === 'GET /v1/coupons');
    expect(calls.map(({ error }) => error)).toEqual(['server_error', 'server_error', undefined]);
    expect(calls.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([503, 503, 200]);
    expect(new Set(partner.requests.slice(0, 3).map(({ headers }) => headers['traceparent'])).size).toBe(3);
    const waits = spanOf('coupons').events.filter(({ name }) => name === 'retry');
    expect(waits.map(({ attributes }) => attributes['result'])).toEqual(['server_error', 'server_error']);
  });
});

describe('an event that is not sampled', () => {
  it.each([
    ['its producer has not recorded it', {}, tracedPiece('00')],
    ['it has no producer’s span', {}, tracedPiece('01', { envelope: { key: null, headers: {} } })],
    ['the sampler says no', { sampler: 'always_off' }, tracedPiece('01')],
    ['the share is nothing', { sampler: 'traceidratio', ratio: 0 }, tracedPiece('01')],
  ])('as %s has no span, its push has none, and calls go as without traces', async (_why, changes, piece) => {
    partner.script(OK, { status: 202 });
    await play(changes, piece);
    expect(partner.requests).toHaveLength(2);
    const [asked, sent] = partner.requests.map(({ headers }) => String(headers['traceparent']));
    expect(asked).toBe(sent);
    expect(asked).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    expect(receiver.requests).toEqual([]);
  });

  it('with a sampler that asks no producer it may begin a trace of its own', async () => {
    partner.script(OK, { status: 202 });
    await play({ sampler: 'always_on' }, tracedPiece('01', { envelope: { key: null, headers: {} } }));
    expect(treeOf(receiver.spans, '')).toHaveLength(1);
    expect(new Set(receiver.spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(spanOf('process pushes').traceId).toMatch(/^[0-9a-f]{32}$/);
  });
});

it('a push that was claimed without a trace is sent without one, whatever its flags say', async () => {
  const traces = tracesTo(receiver.url);
  await delivery.claim();
  partner.script({ status: 202 });
  const asked = vi.spyOn(traces.tracer, 'delivery');
  await delivery.runToEnd({ sender: pushApi, tracer: traces.tracer });
  await traces.stop();
  expect(asked).toHaveBeenCalled();
  expect(receiver.spans).toEqual([]);
});
