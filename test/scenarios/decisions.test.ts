/**
 * Whole pods with the decision topic on: at the end every sampled user's event stands there as its outcome says, and the
 * end of every push; also where a pod dies between the two. Nothing in it says where anybody was. A replay of it comes to
 * what pods did, and by other rules to what pods with these rules do with the same events. All runs go on side by side, as
 * the pushes of a pod that was killed are waited for.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { recordTopic } from '../../src/cli/rules/record.ts';
import type { DecisionRecord, DeliveryRecord, RecordingLine } from '../../src/domain/decision.ts';
import { DELIVERY_OUTCOMES } from '../../src/domain/delivery.ts';
import type { OutcomeRecord } from '../../src/domain/outcome.ts';
import { readDecision } from '../../src/domain/read-decision.ts';
import { isUserInShare } from '../../src/domain/user-share.ts';
import { parseRules } from '../../src/rules/document/parse-rules.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';
import { compareRuns } from '../support/replay/compare-runs.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'decisions-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const isDelivery = (outcome: string): boolean => DELIVERY_OUTCOMES.some((known) => known === outcome);
const isInvalid = ({ reason }: OutcomeRecord): boolean =>
  reason === 'malformed' || reason === 'invalid' || reason === 'too_large';

/** What an outcome says, as far as both records say it. */
function said({
  outcome,
  reason,
  rule,
  couponId,
  merchantId,
  rulesVersion,
  rulesHash,
}: OutcomeRecord | DecisionRecord): string {
  return JSON.stringify([outcome, reason, rule, couponId, merchantId, rulesVersion, rulesHash]);
}

async function recordingOf(
  { names }: Scenario,
  brokers: string,
): Promise<{ lines: RecordingLine[]; text: string }> {
  const out = join(directory, `${names.topic}-${randomUUID()}.ndjson`);
  await recordTopic({
    topic: `${names.topic}.decisions`,
    connection: { brokers: brokers.split(','), clientId: 'decisions-test' },
    options: { sinceMs: 0, untilMs: undefined, out, usersPercent: 100 },
    complain: () => undefined,
  });
  const text = await readFile(out, 'utf8');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => {
      const read = readDecision(line);
      if (!read.ok) expect.fail(`${read.problem}: ${line}`);
      return read.record;
    });
  return { lines, text };
}

const idOf = ({ userId, eventId }: { readonly userId?: string; readonly eventId: string }): string =>
  JSON.stringify([userId, eventId]);

/** What was said of each event, each thing once. */
function saidOf(records: readonly (OutcomeRecord | DecisionRecord)[]): Map<string, readonly string[]> {
  const byEvent = Map.groupBy(records, idOf);
  return new Map([...byEvent].map(([id, some]) => [id, [...new Set(some.map(said))].toSorted()]));
}

/** At any hour some events are filtered before the coupons are asked, some by a rule, some by a cap; others are pushed. */
const SETTINGS = {
  event: { maxAccuracyMeters: 60 },
  rules: [{ id: 'no-alcohol', when: 'coupon.category == "alcohol"', then: 'exclude' }],
};
const RULES = openRules('decisions', SETTINGS);
/** Pushes other coupons, of fewer events, so that others find their caps open. */
const OTHER_RULES = openRules('other', {
  ...SETTINGS,
  coupon: { minDiscountPercent: 20 },
  rules: [{ id: 'near', when: 'coupon.distanceMeters < 300.0', then: 'boost', by: 40 }],
});

interface Run {
  readonly rules?: string;
  readonly percent?: number;
  readonly idPrefix?: string;
  /** What the pods meet while the city is out. */
  readonly disturb?: (pods: Scenario['pods']) => Promise<void>;
}

/** @returns its lines, once all is decided, every push has ended, and the topic says what the outcomes say. */
async function record({
  rules = RULES,
  percent = 100,
  idPrefix,
  disturb,
}: Run): Promise<readonly RecordingLine[]> {
  const scenario = await startScenario({
    pods: 2,
    rules,
    events: 1500,
    ...(idPrefix !== undefined && { idPrefix }),
    envOf: (_pod, { topic }) => ({
      KAFKA_DECISION_TOPIC: `${topic}.decisions`,
      DECISION_SAMPLE_PERCENT: String(percent),
    }),
  });
  try {
    await Promise.all(scenario.pods.map((pod) => pod.start()));
    await Promise.all(scenario.pods.map((pod) => pod.waitUntilReady()));
    await scenario.play(700, 400);
    await disturb?.(scenario.pods);
    await scenario.play(800, 400);
    await Promise.all(scenario.pods.filter((pod) => !pod.isRunning()).map((pod) => pod.start()));
    // One more, delivered twice.
    const twice = eventAt(scenario.city, {
      userId: 'twice',
      eventId: 'twice',
      latitude: 48.123456,
      longitude: 11.654321,
    });
    await scenario.produce([twice, twice]);
    await scenario.untilDrained();
    return await eventually(async () => {
      const { lines, text } = await recordingOf(scenario, inject('services')['KAFKA_BROKERS'] ?? '');
      expectWhatOutcomesSay(lines, scenario.observer.outcomes, percent);
      for (const word of ['latitude', 'longitude', '48.123456', '11.654321'])
        expect(text).not.toContain(word);
      return lines;
    });
  } finally {
    await scenario.stop();
  }
}

function expectWhatOutcomesSay(
  lines: readonly RecordingLine[],
  outcomes: readonly OutcomeRecord[],
  percent: number,
): void {
  const isSampled = ({ userId }: OutcomeRecord): boolean =>
    userId !== undefined && isUserInShare(userId, percent);
  const decided = outcomes.filter((one) => !isDelivery(one.outcome) && !isInvalid(one) && isSampled(one));
  const decisions = lines.filter((line): line is DecisionRecord => line.kind === 'decision');
  const recorded = saidOf(decisions);
  const audited = saidOf(decided);
  expect([...recorded.keys()].toSorted()).toEqual([...audited.keys()].toSorted());
  for (const [id, says] of audited)
    expect(recorded.get(id)).toSatisfy((known: readonly string[]) => says.some((one) => known.includes(one)));

  const ended = outcomes.filter((one) => isDelivery(one.outcome) && isSampled(one));
  const deliveries = lines.filter((line): line is DeliveryRecord => line.kind === 'delivery');
  const endOf = (one: OutcomeRecord | DeliveryRecord): string => `${idOf(one)} ${one.outcome}`;
  expect([...new Set(deliveries.map(endOf))].toSorted()).toEqual([...new Set(ended.map(endOf))].toSorted());

  expect(decisions.some(({ coupons }) => (coupons?.length ?? 0) > 0)).toBe(true);
}

function rulesOf(text: string) {
  const parsed = parseRules(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.rules;
}

it.concurrent('a replay comes to what pods did, and by other rules to what pods with these do', async () => {
  const idPrefix = `${randomUUID().slice(0, 8)}-`;
  const [recording, other] = await Promise.all([
    record({ idPrefix }),
    record({ idPrefix, rules: OTHER_RULES }),
  ]);
  const live = await compareRuns(recording, recording, rulesOf(RULES));
  expect(live.unexplained).toEqual([]);
  expect(live.agreed + live.unknown).toBe(live.events);
  expect(live.unknown).toBeLessThan(live.events / 100);

  const changed = await compareRuns(recording, other, rulesOf(OTHER_RULES));
  expect(changed.events).toBe(live.events);
  expect(changed.unexplained).toEqual([]);
  expect(changed.agreed).toBeGreaterThan(0.8 * changed.events);
});

it.concurrent(
  'of 40 % of the users every decision and delivery is there, also where a pod dies',
  async () => {
    await record({
      percent: 40,
      disturb: async ([first]) => {
        await first?.kill();
      },
    });
  },
);
