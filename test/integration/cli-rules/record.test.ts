/** `coupon-notifier rules record` against a real broker: what is in the file, what is said, and what is refused. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { runRulesCommand } from '../../../src/cli/rules/program.ts';
import { decision } from '../../support/decisions.ts';
import { openBench, type Bench } from '../kafka/harness.ts';

let kafka: Bench;
let directory: string;
let said: string[];
let complained: string[];
beforeAll(async () => {
  kafka = await openBench();
});
afterAll(() => kafka.close());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'record-'));
  said = [];
  complained = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const HOUR_MS = 3_600_000;
/** The tests' own now, so that a slow machine moves no border. */
const NOW = Date.now();
const at = (hoursAgo: number): string => new Date(NOW - hoursAgo * HOUR_MS).toISOString();
const file = (name: string): string => join(directory, name);

function record(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  return runRulesCommand(['record', ...args], {
    env: { KAFKA_BROKERS: kafka.brokers.join(','), ...env },
    say: (line) => void said.push(line),
    complain: (line) => void complained.push(line),
    connectFleet: () => Promise.reject(new Error('no pods are asked')),
  });
}

/** Written when they say, so that Kafka has them by that time. */
async function load(
  topic: string,
  records: readonly { readonly at: string; readonly userId: string }[],
): Promise<void> {
  const messages = records.map((one) => ({
    key: one.userId,
    value: JSON.stringify(one),
    timestamp: String(Date.parse(one.at)),
  }));
  await kafka.send(topic, messages, kafkajs.CompressionTypes.ZSTD);
}

const linesOf = (text: string): { readonly eventId: string }[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly eventId: string });

it('writes what is in the span, of all partitions, by time, packed where the name says so', async () => {
  const topic = await kafka.createTopic(3);
  const records = Array.from({ length: 3000 }, (_, n) =>
    decision({ userId: `u-${String(n % 50)}`, eventId: `e-${String(n)}`, at: at(30 - n / 100) }),
  );
  await load(topic, records);
  await kafka.send(topic, [{ key: 'x', value: 'no decision', timestamp: String(Date.parse(at(1.5))) }]);
  const env = { KAFKA_DECISION_TOPIC: topic };
  expect(await record(['--since', at(20), '--out', file('a.ndjson')], env)).toBe(0);
  const text = await readFile(file('a.ndjson'), 'utf8');
  expect(linesOf(text).map(({ eventId }) => eventId)).toEqual(
    records.slice(1000).map(({ eventId }) => eventId),
  );
  expect(said.join('\n')).toMatch(/a\.ndjson: 2,000 decisions and 0 deliveries of 50 users\nfrom 20/);
  expect(said.join('\n')).toMatch(
    /skipped 1 records that are no decisions: partition \d, offset \d+: not JSON/,
  );

  const until = ['--since', at(20), '--until', at(10), '--json', '--out', file('b.ndjson.gz')];
  expect(await record(until, env)).toBe(0);
  const packed = gunzipSync(await readFile(file('b.ndjson.gz'))).toString();
  expect(linesOf(packed).map(({ eventId }) => eventId)).toEqual(
    records.slice(1000, 2000).map(({ eventId }) => eventId),
  );
  expect(JSON.parse(said.at(-1) ?? '')).toMatchObject({ decisions: 1000, users: 50, skipped: 0 });
  expect(await readdir(directory)).toEqual(['a.ndjson', 'b.ndjson.gz']);
});

it('ends at the end as it was when it began, while more is written', async () => {
  const topic = await kafka.createTopic(2);
  const records = Array.from({ length: 2000 }, (_, n) =>
    decision({ eventId: `e-${String(n)}`, userId: `u-${String(n)}`, at: at(1) }),
  );
  await load(topic, records);
  let isOver = false;
  const writing = (async () => {
    while (!isOver) await load(topic, [decision({ userId: 'late', eventId: 'late', at: at(0) })]);
  })();
  expect(await record(['--since', '2h', '--out', file('a')], { KAFKA_DECISION_TOPIC: topic })).toBe(0);
  isOver = true;
  await writing;
  const found = linesOf(await readFile(file('a'), 'utf8'));
  expect(found.filter(({ eventId }) => eventId !== 'late')).toHaveLength(2000);
});

it('says what is missing or refused, and leaves no file', async () => {
  const topic = await kafka.createTopic(1);
  const out = ['--since', '1h', '--out', file('a')];
  expect(await record(out, {})).toBe(78);
  expect(complained.at(-1)).toBe('KAFKA_DECISION_TOPIC: required, but not set');
  expect(await record(out, { KAFKA_DECISION_TOPIC: topic, KAFKA_BROKERS: 'nonsense' })).toBe(78);
  expect(complained.at(-1)).toMatch(/^KAFKA_BROKERS: expected/);
  expect(await record(out, { KAFKA_DECISION_TOPIC: topic })).toBe(1);
  expect(complained.at(-1)).toBe(`nothing was recorded in ${topic} in that time; no file was written`);
  expect(await record(out, { KAFKA_DECISION_TOPIC: 'no-such-topic' })).toBe(1);
  expect(complained.at(-1)).toBe('there is no topic no-such-topic');
  expect(await record(['--since', 'monday', '--out', file('a')], { KAFKA_DECISION_TOPIC: topic })).toBe(1);
  expect(await readdir(directory)).toEqual([]);
});

it('replaces nothing unless it is told to', async () => {
  const topic = await kafka.createTopic(1);
  await load(topic, [decision({ at: at(0.1) })]);
  await writeFile(file('a'), 'earlier');
  const env = { KAFKA_DECISION_TOPIC: topic };
  expect(await record(['--since', '1h', '--out', file('a')], env)).toBe(1);
  expect(complained.at(-1)).toMatch(/exists already; --force replaces it$/);
  expect(await readFile(file('a'), 'utf8')).toBe('earlier');
  expect(await record(['--since', '1h', '--out', directory, '--force'], env)).toBe(1);
  expect(complained.at(-1)).toMatch(/is a directory$/);
  expect(await record(['--since', '1h', '--out', file('a'), '--force'], env)).toBe(0);
  expect(linesOf(await readFile(file('a'), 'utf8'))).toHaveLength(1);
});

it('says within 15 s that Kafka is away', async () => {
  const beganAtMs = performance.now();
  const env = { KAFKA_DECISION_TOPIC: 't', KAFKA_BROKERS: '127.0.0.1:1' };
  expect(await record(['--since', '1h', '--out', file('a')], env)).toBe(1);
  expect(complained.at(-1)).toMatch(/^Kafka \(KAFKA_BROKERS\) can’t be read: /);
  expect(performance.now() - beganAtMs).toBeLessThan(15_000);
});

it('goes on where retention has deleted what it was about to read', async () => {
  const topic = await kafka.createTopic(1);
  const records = Array.from({ length: 50 }, (_, n) => decision({ eventId: `e-${String(n)}`, at: at(1) }));
  await load(topic, records);
  await kafka.deleteBefore(topic, 20);
  expect(await record(['--since', '2h', '--out', file('a')], { KAFKA_DECISION_TOPIC: topic })).toBe(0);
  expect(linesOf(await readFile(file('a'), 'utf8'))).toHaveLength(30);
});
