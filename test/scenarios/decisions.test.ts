/**
 * Whole pods with the decision topic on: at the end every sampled user's event stands there as its outcome says, and the
 * end of every push; also where a pod dies between the two. Nothing in it says where anybody was.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, inject, it } from 'vitest';
import { recordTopic } from '../../src/cli/rules/record.ts';
import type { DecisionRecord, DeliveryRecord, RecordingLine } from '../../src/domain/decision.ts';
import { DELIVERY_OUTCOMES } from '../../src/domain/delivery.ts';
import type { OutcomeRecord } from '../../src/domain/outcome.ts';
import { readDecision } from '../../src/domain/read-decision.ts';
import { isUserInShare } from '../../src/domain/user-share.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

const runs: Scenario[] = [];
const directories: string[] = [];
afterAll(async () => {
  await Promise.all(runs.map((run) => run.stop()));
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

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
  const directory = await mkdtemp(join(tmpdir(), 'decisions-'));
  directories.push(directory);
  const out = join(directory, 'recording.ndjson');
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
const RULES = openRules('decisions', {
  event: { maxAccuracyMeters: 60 },
  rules: [{ id: 'no-alcohol', when: 'coupon.category == "alcohol"', then: 'exclude' }],
});

// Side by side: each waits for the session of a pod that was killed.
it.concurrent.each([100, 40])(
  'of %d in a hundred users every decision and delivery is there, as its outcome says',
  async (percent) => {
    const scenario = await startScenario({
      pods: 2,
      rules: RULES,
      events: 1500,
      envOf: (_pod, { topic }) => ({
        KAFKA_DECISION_TOPIC: `${topic}.decisions`,
        DECISION_SAMPLE_PERCENT: String(percent),
      }),
    });
    runs.push(scenario);
    const [first, second] = scenario.pods;
    await first?.start();
    await second?.start();
    await first?.waitUntilReady();
    await second?.waitUntilReady();
    await scenario.play(700, 400);
    await first?.kill();
    await scenario.play(800, 400);
    await first?.start();
    // One more, delivered twice.
    const twice = eventAt(scenario.city, {
      userId: 'twice',
      eventId: 'twice',
      latitude: 48.123456,
      longitude: 11.654321,
    });
    await scenario.produce([twice, twice]);
    await scenario.untilDrained();
    await eventually(async () => {
      const { lines, text } = await recordingOf(scenario, inject('services')['KAFKA_BROKERS'] ?? '');
      const { outcomes } = scenario.observer;
      const isSampled = ({ userId }: OutcomeRecord): boolean =>
        userId !== undefined && isUserInShare(userId, percent);
      const decided = outcomes.filter((one) => !isDelivery(one.outcome) && !isInvalid(one) && isSampled(one));
      const decisions = lines.filter((line): line is DecisionRecord => line.kind === 'decision');
      const recorded = saidOf(decisions);
      const audited = saidOf(decided);
      expect([...recorded.keys()].toSorted()).toEqual([...audited.keys()].toSorted());
      for (const [id, says] of audited)
        expect(recorded.get(id)).toSatisfy((known: readonly string[]) =>
          says.some((one) => known.includes(one)),
        );

      const ended = outcomes.filter((one) => isDelivery(one.outcome) && isSampled(one));
      const deliveries = lines.filter((line): line is DeliveryRecord => line.kind === 'delivery');
      const endOf = (one: OutcomeRecord | DeliveryRecord): string => `${idOf(one)} ${one.outcome}`;
      expect([...new Set(deliveries.map(endOf))].toSorted()).toEqual(
        [...new Set(ended.map(endOf))].toSorted(),
      );

      expect(decisions.some(({ coupons }) => (coupons?.length ?? 0) > 0)).toBe(true);
      for (const word of ['latitude', 'longitude', '48.123456', '11.654321'])
        expect(text).not.toContain(word);
    });
  },
);
