import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordPiece } from '../../../src/domain/record.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { createDeadLetters } from '../../../src/kafka/producers/dead-letters.ts';
import { createOutcomeLog } from '../../../src/kafka/producers/outcome-log.ts';
import { createRecordSender, type RecordSender } from '../../../src/kafka/producers/record-sender.ts';
import { ensureTopics } from '../../../src/kafka/producers/topics.ts';
import { createLogBook } from '../../support/partners/partner-fakes.ts';
import { type Bench, clock, openBench, until } from './harness.ts';

let bench: Bench;
const senders: RecordSender[] = [];
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await Promise.all(senders.map((sender) => sender.stop()));
  await bench.close();
});

function connection(brokers = bench.brokers) {
  return { brokers, clientId: 'test' };
}

function senderTo(topic: string, brokers?: string[]): RecordSender {
  const sender = createRecordSender({ connection: connection(brokers), topic, logger: createLogBook() });
  senders.push(sender);
  return sender;
}

async function readTopic(topic: string, count: number): Promise<KafkaMessage[]> {
  const consumer = bench.kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  const messages: KafkaMessage[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) => {
      messages.push(message);
      return Promise.resolve();
    },
  });
  await until(`${String(count)} records`, () => messages.length >= count);
  await consumer.disconnect();
  return messages;
}

function textHeaders(message: KafkaMessage | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(message?.headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
}

function pieceOf(bytes: Buffer | null, changes: Partial<RecordPiece> = {}): RecordPiece {
  return {
    source: { topic: 'location-events', partition: 3, offset: '9007199254740993', index: 2 },
    envelope: { key: Buffer.from([0, 255, 1]), headers: {} },
    bytes,
    unpacked: false,
    content: { kind: 'refused', reason: 'malformed', error: 'not JSON' },
    ...changes,
  };
}

const failedAtMs = Date.parse('2026-11-22T12:00:00.123Z');

describe('a dead letter', () => {
  test('carries the original key, bytes and headers, and says why and whence', async () => {
    const topic = await bench.createTopic(1);
    const deadLetters = createDeadLetters(senderTo(topic));
    const bytes = Buffer.from([0x7b, 0xff, 0x00, 0x0a]);
    const headers = {
      traceparent: Buffer.from('00-a'),
      twice: [Buffer.from('1'), Buffer.from('2')],
      bare: undefined,
    };
    await deadLetters.publish({
      piece: pieceOf(bytes, { envelope: { key: Buffer.from([0, 255, 1]), headers } }),
      ...{ reason: 'malformed', error: 'not\nJSON:\u0000 \u2028unexpected', eventId: 'e-1', failedAtMs },
    });
    const [message] = await readTopic(topic, 1);
    expect(message?.key).toEqual(Buffer.from([0, 255, 1]));
    expect(message?.value).toEqual(bytes);
    expect(textHeaders(message)).toEqual({
      ...{ traceparent: '00-a', twice: '1,2', bare: '' },
      ...{ reason: 'malformed', error: 'not JSON: unexpected', 'event-id': 'e-1' },
      ...{ 'source-topic': 'location-events', 'source-partition': '3', 'source-offset': '9007199254740993' },
      ...{ 'source-index': '2', 'failed-at': '2026-11-22T12:00:00.123Z' },
    });
  });

  test('of an unpacked event drops content-encoding; a tombstone keeps having no value', async () => {
    const topic = await bench.createTopic(1);
    const deadLetters = createDeadLetters(senderTo(topic));
    const headers = {
      'Content-Encoding': Buffer.from('gzip'),
      'content-type': Buffer.from('application/json'),
    };
    const envelope = { key: null, headers };
    const letter = { reason: 'invalid', error: 'x', eventId: undefined, failedAtMs } as const;
    await deadLetters.publish({ ...letter, piece: pieceOf(Buffer.from('{}'), { envelope, unpacked: true }) });
    await deadLetters.publish({ ...letter, piece: pieceOf(null, { envelope }) });
    const [cut, tombstone] = await readTopic(topic, 2);
    expect(textHeaders(cut)).not.toHaveProperty('Content-Encoding');
    expect(textHeaders(cut)).toMatchObject({ 'content-type': 'application/json' });
    expect(textHeaders(tombstone)).toMatchObject({ 'Content-Encoding': 'gzip' });
    expect(textHeaders(tombstone)).not.toHaveProperty('event-id');
    expect(tombstone?.value).toBeNull();
    expect(tombstone?.key).toBeNull();
  });

  test('that the broker refuses as too large goes without its value, its neighbours as they are', async () => {
    const topic = await bench.createTopic(1, { 'max.message.bytes': '100000' });
    const deadLetters = createDeadLetters(senderTo(topic));
    const letter = { reason: 'too_large', error: 'x', eventId: undefined, failedAtMs } as const;
    const noise = randomBytes(200_000);
    const packable = Buffer.alloc(200_000, 'a');
    await Promise.all(
      [noise, Buffer.from('small'), packable].map((bytes) =>
        deadLetters.publish({ ...letter, piece: pieceOf(bytes) }),
      ),
    );
    const messages = await readTopic(topic, 3);
    const dropped = messages.find(({ value }) => value === null);
    expect(textHeaders(dropped)).toMatchObject({
      'value-bytes': '200000',
      'value-sha256': createHash('sha256').update(noise).digest('hex'),
    });
    expect(dropped?.key).toEqual(Buffer.from([0, 255, 1]));
    expect(messages.some(({ value }) => value?.equals(Buffer.from('small')))).toBe(true);
    expect(messages.some(({ value }) => value?.equals(packable))).toBe(true);
  });
});

describe('a compacted topic', () => {
  const compacted = { 'cleanup.policy': 'compact' };
  const source = { topic: 'location-events', partition: 0, offset: '7', index: 0 };

  test('takes an outcome without a user under its event, and its neighbours as they are', async () => {
    const topic = await bench.createTopic(1, compacted);
    const log = createOutcomeLog(senderTo(topic));
    const base = { at: '2026-11-22T12:00:00.000Z', pod: 'p', source } as const;
    await Promise.all([
      ...Array.from({ length: 50 }, (_, n) =>
        log.record({ ...base, eventId: `e${String(n)}`, userId: `u${String(n)}`, outcome: 'queued' }),
      ),
      log.record({
        ...base,
        eventId: 'location-events-0-7-0',
        outcome: 'dead_lettered',
        reason: 'malformed',
      }),
    ]);
    const messages = await readTopic(topic, 51);
    const keys = new Set(messages.map(({ key }) => String(key)));
    expect(keys.size).toBe(51);
    expect(keys).toContain('location-events-0-7-0');
  });

  test('takes a dead letter without a key under its position', async () => {
    const topic = await bench.createTopic(1, compacted);
    const deadLetters = createDeadLetters(senderTo(topic));
    const letter = { reason: 'malformed', error: 'x', eventId: undefined, failedAtMs } as const;
    const envelope = { key: null, headers: {} };
    await deadLetters.publish({ ...letter, piece: pieceOf(Buffer.from('a'), { envelope }) });
    const [message] = await readTopic(topic, 1);
    expect(String(message?.key)).toBe('location-events-3-9007199254740993-2');
    expect(String(message?.value)).toBe('a');
    expect(textHeaders(message)).toMatchObject({ 'original-key': 'none' });
  });
});

test('outcomes are JSON keyed by user, in few requests, acknowledged', async () => {
  const topic = await bench.createTopic(3);
  const log = createOutcomeLog(senderTo(topic));
  const source = { topic: 'location-events', partition: 0, offset: '7', index: 0 };
  const base = { at: '2026-11-22T12:00:00.000Z', pod: 'p', source } as const;
  const count = 2000;
  await log.record({ ...base, eventId: 'first', outcome: 'dead_lettered', reason: 'malformed' });
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: count }, (_, n) =>
      log.record({
        ...base,
        eventId: `e${String(n)}`,
        userId: `u${String(n % 9)}`,
        outcome: 'queued',
        couponId: 'c',
        rulesVersion: 'v1',
        rulesHash: '0123456789ab',
      }),
    ),
  );
  console.log(`${String(count)} outcomes acknowledged in ${(performance.now() - startedAt).toFixed(0)} ms`);
  const messages = await readTopic(topic, count + 1);
  expect(messages).toHaveLength(count + 1);
  const byId = new Map(
    messages.map((message) => [(JSON.parse(String(message.value)) as { eventId: string }).eventId, message]),
  );
  expect(byId.size).toBe(count + 1);
  expect(String(byId.get('e10')?.key)).toBe('u1');
  expect(String(byId.get('e10')?.value)).toBe(
    '{"eventId":"e10","userId":"u1","at":"2026-11-22T12:00:00.000Z","outcome":"queued","couponId":"c","rulesVersion":"v1","rulesHash":"0123456789ab","pod":"p",' +
      '"source":{"topic":"location-events","partition":0,"offset":"7","index":0}}',
  );
  expect(byId.get('first')?.key).toBeNull();
});

test('an away broker is unavailable, within bounded time, and so is a missing topic', async () => {
  const nowhere = senderTo('any', ['127.0.0.1:1']);
  await expect(nowhere.send({ key: null, value: 'x' })).rejects.toBeInstanceOf(UnavailableError);
  const missing = senderTo(`missing-${randomUUID()}`);
  await expect(missing.send({ key: null, value: 'x' })).rejects.toBeInstanceOf(UnavailableError);
  // The broker stays away: a stop that waited for it would outlast the test.
  await nowhere.stop();
  await expect(nowhere.send({ key: null, value: 'x' })).rejects.toBeInstanceOf(UnavailableError);
});

test('topics are created once, left alone where they exist, and refusals do not stop the start', async () => {
  const topics = [`made-${randomUUID()}`, await bench.createTopic(2), 'not a legal name!'];
  const logger = createLogBook();
  await Promise.all([1, 2].map(() => ensureTopics({ connection: connection(), topics, logger, clock })));
  const names = await bench.admin.listTopics();
  expect(names).toContain(topics[0]);
  const told = logger.lines.filter(({ level }) => level === 'error');
  expect(told.map(({ fields }) => fields['topic'])).toEqual(['not a legal name!', 'not a legal name!']);
});
