/**
 * A pod that is sent some hundred records which nobody should send, between good ones: it lives, each event in them
 * ends once, the good ones are pushed, and its log stays lines of harmless JSON.
 */
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';
import { giants, poison, type PoisonRecord } from '../support/pods/poison.ts';
import { readDeadLetters } from '../simulation/demo/observe.ts';

const MAX_RECORD_BYTES = 2 * 1024 * 1024;
const POISONED = 400;
const GOOD_EVERY = 4;

let run: Scenario | undefined;
afterEach(async () => {
  await run?.stop();
  run = undefined;
});

it('poisoned records: each event in them ends once, the good ones between are pushed, the pod goes on', async () => {
  run = await startScenario({
    pods: 1,
    rules: openRules('poison'),
    env: { MAX_RECORD_BYTES: String(MAX_RECORD_BYTES), LOG_LEVEL: 'debug' },
  });
  const { kafka, names, city, observer, partners } = run;
  const [pod] = run.pods;
  if (pod === undefined) throw new Error('no pod');
  await pod.start();
  await pod.waitUntilReady();
  const pid = pod.pid();

  const poisoned: readonly PoisonRecord[] = [...fc.sample(poison, POISONED), ...giants(4 * MAX_RECORD_BYTES)];
  const goodUsers: string[] = [];
  const records = poisoned.flatMap((record, at): PoisonRecord[] => {
    if (at % GOOD_EVERY > 0) return [record];
    const userId = `${names.idPrefix}good-${String(at)}`;
    goodUsers.push(userId);
    const value = Buffer.from(JSON.stringify(eventAt(city, { userId, eventId: `good-${String(at)}` })));
    return [record, { key: Buffer.from(userId), value, headers: {} }];
  });
  const producer = kafka.producer();
  await producer.connect();
  const places = new Set<string>();
  for (const [at, { key, value, headers }] of records.entries()) {
    const [placed] = await producer.send({
      topic: names.topic,
      messages: [{ key, value, headers, partition: at % 6 }],
    });
    places.add(`${String(placed?.partition)}/${String(placed?.baseOffset)}`);
  }
  await producer.disconnect();
  expect(places.size).toBe(records.length);

  await run.untilDrained();
  await observer.caughtUp();
  expect(pod.pid()).toBe(pid);
  expect(pod.isRunning()).toBe(true);

  // Each record has its events' outcomes, counted without holes, each once.
  const byRecord = Map.groupBy(
    observer.outcomes.filter(isPipeline),
    ({ source }) => `${String(source.partition)}/${source.offset}`,
  );
  expect(new Set(byRecord.keys())).toEqual(places);
  for (const outcomes of byRecord.values()) {
    const indexes = outcomes.map(({ source }) => source.index).toSorted((a, b) => a - b);
    expect(indexes).toEqual(indexes.map((_, at) => at));
  }
  const status = await pod.status();
  const decided = observer.outcomes.filter(isPipeline);
  expect(status).toMatchObject({
    condition: 'ok',
    inFlight: 0,
    events: { received: decided.length, abandoned: 0 },
  });
  expect(status?.events.dead_lettered.internal_error).toBe(0);

  // Good neighbours.
  const pushed = new Set((await partners.ledger()).pushes.map(({ userId }) => userId));
  expect(goodUsers.filter((userId) => !pushed.has(userId))).toEqual([]);

  // Dead letters: one for each such outcome.
  const letters = await readDeadLetters(kafka, names);
  const refused = decided.filter(({ outcome }) => outcome === 'dead_lettered');
  const placeOf = (partition: number, offset: string, index: number, reason: unknown): string =>
    [partition, offset, index, reason].join('/');
  expect(
    letters
      .map(({ partition, offset, index, reason }) => placeOf(partition, offset, index, reason))
      .toSorted(),
  ).toEqual(
    refused
      .map(({ source, reason }) => placeOf(source.partition, source.offset, source.index, reason))
      .toSorted(),
  );
  expect(refused.length).toBeGreaterThan(POISONED / 2);

  // The log.
  const lines = (await readFile(pod.logFile, 'utf8')).trimEnd().split('\n');
  const odd = lines.filter(
    (line) => !/^\{[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*\}$/u.test(line) && !isNodeWarning(line),
  );
  expect(odd).toEqual([]);
  await eventually(async () => {
    expect((await fetch(`${pod.url}/live`)).status).toBe(200);
  });
  expect(await pod.stop()).toMatchObject({ code: 0, signal: null });
});

/** Delivery outcomes come to the same topic, later. */
function isPipeline({ outcome }: { readonly outcome: string }): boolean {
  return outcome === 'queued' || outcome === 'filtered' || outcome === 'dead_lettered';
}

/** Node's own, on stderr. */
function isNodeWarning(line: string): boolean {
  return line.startsWith('(node:') || line.startsWith('(Use `node');
}
