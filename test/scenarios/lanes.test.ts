/**
 * Two deployments on one topic, one for small records and one for large, each with a consumer group of its own:
 * every record is handled by exactly one, and passed over by the other, which counts it and commits past it.
 */
import { afterEach, expect, it } from 'vitest';
import { readOffsets } from '../simulation/demo/observe.ts';
import { startHttpStub, type HttpStub } from '../support/partners/http-stub.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

const THRESHOLD = 2048;
const LANES = ['small', 'large'] as const;

let run: Scenario;
let datadog: HttpStub;
afterEach(async () => {
  await run.stop();
  await datadog.close();
});

/** Sum of what the pods of a lane told Datadog of a counter. */
function counted(name: string, pod: string): number {
  return datadog.requests.reduce((sum, { body, url }) => {
    if (!url.startsWith('/api/v1/series')) return sum;
    const { series } = JSON.parse(body) as {
      series: { metric: string; tags: string[]; points: [number, number][] }[];
    };
    const ours = series.filter(
      ({ metric, tags }) => metric === `coupon_notifier.${name}` && tags.includes(`pod:${pod}`),
    );
    return (
      sum + ours.reduce((all, { points }) => all + points.reduce((part, [, value]) => part + value, 0), 0)
    );
  }, 0);
}

const groupOf = (lane: string, groupId: string): string => `${groupId}-${lane}`;

it('a small and a large lane: each record is handled once in total, and the other lane counts it as passed over', async () => {
  datadog = await startHttpStub();
  datadog.script({ status: 202, headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' });
  run = await startScenario({
    pods: 2,
    rules: openRules('1'),
    env: {
      LANE_THRESHOLD_BYTES: String(THRESHOLD),
      DATADOG_API_KEY: 'key',
      DATADOG_API_URL: datadog.url,
      DATADOG_FLUSH_INTERVAL_MS: '300',
    },
    envOf: (pod, names) => {
      const lane = LANES[pod] ?? '';
      return { LANE: lane, KAFKA_GROUP_ID: groupOf(lane, names.groupId) };
    },
  });
  for (const pod of run.pods) await pod.start();
  for (const pod of run.pods) await pod.waitUntilReady();

  // Around the threshold by one byte, arrays of several events, and records that are not readable at all.
  const sized = (n: number, bytes: number): string => {
    const event = eventAt(run.city, { userId: `u-${String(n)}`, eventId: `e-${String(n)}`, pad: '' });
    return JSON.stringify({ ...event, pad: 'x'.repeat(bytes - JSON.stringify(event).length) });
  };
  const sizes = [500, THRESHOLD - 1, THRESHOLD, THRESHOLD + 1, 5000];
  const values = Array.from({ length: 200 }, (_, n) => sized(n, sizes[n % sizes.length] ?? 0));
  const array = Array.from({ length: 20 }, (_, n) =>
    eventAt(run.city, { userId: `a-${String(n)}`, eventId: `a-${String(n)}` }),
  );
  values.push(JSON.stringify(array), JSON.stringify(array.slice(0, 2)), 'no json', 'x'.repeat(THRESHOLD));
  await run.produce(values.map((value) => Buffer.from(value)));
  const smallRecords = values.filter((value) => value.length < THRESHOLD).length;
  const passedOver = { small: values.length - smallRecords, large: smallRecords };

  for (const lane of LANES) {
    await eventually(async () => {
      const names = { ...run.names, groupId: groupOf(lane, run.names.groupId) };
      const { committed, ends } = await readOffsets(run.kafka, names);
      const at = new Map(committed.map(({ partition, offset }) => [partition, offset]));
      expect(ends.filter(({ offset }) => offset !== '0').length).toBeGreaterThan(0);
      for (const { partition, offset } of ends) {
        if (offset !== '0') expect(at.get(partition)).toBe(offset);
      }
    });
  }
  for (const [index, lane] of LANES.entries()) {
    const name = run.pods[index]?.name ?? '';
    await eventually(() => {
      expect(counted('records.passed_over', name)).toBe(passedOver[lane]);
    });
  }
  await run.observer.caughtUp();
  // One record handled is one place with an outcome by one pod; the lanes share none and leave none out.
  const decided = run.observer.outcomes.filter(({ outcome }) =>
    ['queued', 'filtered', 'dead_lettered'].includes(outcome),
  );
  const pods = Map.groupBy(decided, ({ source }) => `${String(source.partition)}/${source.offset}`);
  expect(pods.size).toBe(values.length);
  for (const [place, outcomes] of pods) {
    const indexes = outcomes.map(({ source }) => source.index);
    expect(new Set(indexes).size, place).toBe(indexes.length);
    expect(new Set(outcomes.map(({ pod }) => pod)).size, place).toBe(1);
  }
  const handled = run.pods.map(
    ({ name }) => new Set(decided.filter(({ pod }) => pod === name).map(placeOf)).size,
  );
  expect(handled).toEqual([smallRecords, values.length - smallRecords]);
  const events = await Promise.all(run.pods.map(async (pod) => (await pod.status())?.events.received ?? 0));
  expect(events.reduce((sum, one) => sum + one, 0)).toBe(decided.length);
});

const placeOf = ({ source }: { source: { partition: number; offset: string } }): string =>
  `${String(source.partition)}/${source.offset}`;
