/** Whole pods whose traces go to an endpoint that is away for a while: every push is in its event's trace, whoever sends it. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OutcomeRecord } from '../../src/domain/outcome.ts';
import {
  startOtlpReceiver,
  type OtlpReceiver,
  type ReceivedSpan,
} from '../support/telemetry/otlp-receiver.ts';
import { eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

let receiver: OtlpReceiver;
let run: Scenario | undefined;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(async () => {
  await run?.stop();
  run = undefined;
  await receiver.close();
});

const EVENT = 'coupon_notifier.event.id';
const named = (name: string): ReceivedSpan[] => receiver.spans.filter((span) => span.name === name);

it('each push that was sent has its run under its event, in the same trace; an endpoint away holds up none', async () => {
  const scenario = await startScenario({
    pods: 2,
    rules: openRules('traces'),
    events: 600,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_TRACES_SAMPLER: 'always_on',
      OTEL_BSP_SCHEDULE_DELAY: '200',
      OTEL_BSP_MAX_QUEUE_SIZE: '20000',
    },
  });
  run = scenario;
  for (const pod of scenario.pods) await pod.start();
  for (const pod of scenario.pods) await pod.waitUntilReady();
  await scenario.play(400, 200);
  await scenario.untilDrained();
  const traced = new Map<unknown, ReceivedSpan>();
  await eventually(() => {
    const sent = scenario.observer.outcomes.filter(({ outcome }: OutcomeRecord) => outcome === 'sent');
    expect(sent.length).toBeGreaterThan(0);
    for (const span of named(`process ${scenario.names.topic}`)) traced.set(span.spanId, span);
    const runs = new Map(named('process pushes').map((span) => [span.attributes[EVENT], span]));
    for (const { eventId } of sent) {
      const push = runs.get(eventId);
      expect(push, eventId).toBeDefined();
      expect(traced.get(push?.parentId)).toMatchObject({
        traceId: push?.traceId,
        attributes: { [EVENT]: eventId, 'coupon_notifier.outcome': 'queued' },
      });
    }
  });
  const pods = new Set(receiver.spans.map(({ resource }) => resource['service.instance.id']));
  expect(pods.size).toBe(2);
  const otherPod = named('process pushes').filter(
    (push) =>
      traced.get(push.parentId)?.resource['service.instance.id'] !== push.resource['service.instance.id'],
  );
  expect(otherPod.length).toBeGreaterThan(0);

  receiver.answer = 'never';
  await scenario.play(200, 200);
  await scenario.untilDrained();
  expect((await scenario.promises()).filter(({ holds }) => !holds)).toEqual([]);
  for (const pod of scenario.pods) await pod.stop();
});
