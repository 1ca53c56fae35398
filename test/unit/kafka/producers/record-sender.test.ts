/** What brokers refuse for good, and a partition that takes nothing, concern their own records alone. */
import kafkajs, {
  KafkaJSProtocolError,
  type Message,
  type PartitionMetadata,
  type ProducerRecord,
} from 'kafkajs';
import { expect, test } from 'vitest';
import { UnavailableError } from '../../../../src/runtime/errors.ts';
import type { OutcomeRecord } from '../../../../src/domain/outcome.ts';
import { createDecisionLog } from '../../../../src/kafka/producers/decision-log.ts';
import { createDeadLetters } from '../../../../src/kafka/producers/dead-letters.ts';
import { createOutcomeLog } from '../../../../src/kafka/producers/outcome-log.ts';
import type { RecordPlacement } from '../../../../src/kafka/producers/record-placement.ts';
import {
  createRecordSender,
  type OutgoingRecord,
  type RecordSender,
  type SendingProducer,
} from '../../../../src/kafka/producers/record-sender.ts';
import type { DeadLetter } from '../../../../src/pipeline/ports.ts';
import { silentLogger } from '../../../support/silent-logger.ts';

const { CompressionTypes } = kafkajs;
const PARTITIONS: PartitionMetadata[] = Array.from({ length: 4 }, (_, partitionId) => ({
  ...{ partitionErrorCode: 0, partitionId, leader: 1, replicas: [1], isr: [1], offlineReplicas: [] },
}));

function brokerError(type: string): Error {
  return new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 0, retriable: false }));
}

/** A broker as kafkajs shows it: partitions that take a request write it, and one that does not fails it as a whole. */
function openTopic() {
  const written = new Map<string, number>();
  const requests: number[][] = [];
  const rules = {
    /** Why a partition takes nothing. */
    refuse: (_partition: number): string | undefined => undefined,
    /** Its broker says nothing. */
    isSilent: (_partition: number): boolean => false,
    /** Why a record is not taken. */
    refuseRecord: (_message: Message): string | undefined => undefined,
  };
  const reasons: (string | undefined)[] = [];
  const write = (choose: RecordPlacement['choose'], { topic, messages }: ProducerRecord) => {
    const partitions = Map.groupBy(messages, (message) =>
      choose({ topic, partitionMetadata: PARTITIONS, message }),
    );
    requests.push([...partitions.keys()]);
    const faults: string[] = [];
    for (const [partition, records] of partitions) {
      const fault =
        rules.refuse(partition) ?? records.map(rules.refuseRecord).find((why) => why !== undefined);
      if (fault !== undefined) faults.push(fault);
      else
        for (const { key, value } of records) {
          const name = String(value ?? key);
          written.set(name, (written.get(name) ?? 0) + 1);
        }
    }
    if (faults[0] !== undefined) throw brokerError(faults[0]);
    return [...partitions.keys()].map((partition) => ({ topicName: topic, partition, errorCode: 0 }));
  };
  const sender = createRecordSender(
    {
      connection: { brokers: ['nowhere:1'], clientId: 't' },
      ...{ topic: 't', service: 'outcome topic', logger: silentLogger, lingerMs: 1 },
      onUnavailable: (reason) => void reasons.push(reason),
    },
    (choose): SendingProducer => ({
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      send: (record) => {
        const answer = write(choose, record);
        const isSilent = answer.some(({ partition }) => rules.isSilent(partition));
        return isSilent ? new Promise(() => undefined) : Promise.resolve(answer);
      },
    }),
  );
  return { sender, rules, written, requests, reasons };
}

const record = (key: string | null, value: string): OutgoingRecord => ({ key, value });
const records = Array.from({ length: 200 }, (_, n) => record(`user-${String(n)}`, `value-${String(n)}`));
const sendAll = (sender: RecordSender): Promise<PromiseSettledResult<string>[]> =>
  Promise.allSettled(records.map((one) => sender.send(one)));

test('records that are refused for good are told so; their neighbours are sent, none more than a few times', async () => {
  const { sender, rules, written } = openTopic();
  rules.refuseRecord = ({ value }) =>
    value === 'value-7' ? 'INVALID_RECORD' : value === 'value-8' ? 'MESSAGE_TOO_LARGE' : undefined;
  const answers = await sendAll(sender);
  const told = answers.map((answer) =>
    answer.status === 'fulfilled' ? answer.value : (answer.reason as string),
  );
  expect(told[7]).toBe('invalid');
  expect(told[8]).toBe('too_large');
  expect(told.filter((answer) => answer === 'sent')).toHaveLength(198);
  expect(written.size).toBe(198);
  // Together with the refused one, by its partition apart, alone.
  expect(Math.max(...written.values())).toBeLessThanOrEqual(3);
  await sender.stop();
});

test('a partition that takes nothing holds up its own records, and the others’ are written once', async () => {
  const { sender, rules, written, requests } = openTopic();
  rules.refuse = (partition) => (partition === 2 ? 'NOT_LEADER_FOR_PARTITION' : undefined);
  const first = await sendAll(sender);
  const lost = first.filter((answer) => answer.status === 'rejected');
  expect(lost.length).toBeGreaterThan(20);
  for (const { reason } of lost) expect(reason).toBeInstanceOf(UnavailableError);
  expect(lost[0]?.reason).toMatchObject({ service: 'outcome topic' });
  expect(written.size).toBe(200 - lost.length);

  // From now on it is asked apart: nobody else shares a request with it.
  written.clear();
  requests.length = 0;
  for (let round = 0; round < 3; round += 1) await sendAll(sender);
  expect(requests.filter((partitions) => partitions.includes(2) && partitions.length > 1)).toEqual([]);
  expect([...written.values()].every((times) => times === 3)).toBe(true);

  // Taken in again by its first success.
  rules.refuse = () => undefined;
  expect((await sendAll(sender)).every(({ status }) => status === 'fulfilled')).toBe(true);
  requests.length = 0;
  await sendAll(sender);
  expect(requests.some((partitions) => partitions.includes(2) && partitions.length > 1)).toBe(true);
  await sender.stop();
});

test('a topic that refuses whatever is sent says so until it takes a record', async () => {
  const { sender, rules, reasons } = openTopic();
  rules.refuse = () => 'TOPIC_AUTHORIZATION_FAILED';
  await expect(sender.send(record('a', 'b'))).rejects.toThrow(/outcome topic.*TOPIC_AUTHORIZATION_FAILED/);
  expect(reasons.at(-1)).toMatch(/^t refuses records: .*TOPIC_AUTHORIZATION_FAILED/);
  rules.refuse = () => undefined;
  await sender.send(record('a', 'b'));
  expect(reasons.at(-1)).toBeUndefined();
  await sender.stop();
});

/** Takes what `takes` allows, and remembers it. */
function scriptedSender(takes: (one: OutgoingRecord) => 'sent' | 'invalid' | 'too_large') {
  const sent: OutgoingRecord[] = [];
  const asked: OutgoingRecord[] = [];
  const sender: RecordSender = {
    send: async (one) => {
      asked.push(one);
      const answer = takes(one);
      if (answer === 'sent') sent.push(one);
      return answer;
    },
    stop: () => Promise.resolve(),
  };
  return { sender, sent, asked };
}

function letterOf(key: Buffer | null, bytes: Buffer): DeadLetter {
  return {
    piece: {
      source: { topic: 'in', partition: 3, offset: '41', index: 2 },
      envelope: { key, headers: {} },
      ...{ bytes, unpacked: false, content: { kind: 'refused', reason: 'malformed', error: 'not JSON' } },
    },
    ...{ reason: 'malformed', error: 'not JSON', eventId: 'in-3-41-2', failedAtMs: 0 },
  };
}

test('a compacted topic gets letters without a key under their position, and one refusal teaches it', async () => {
  const { sender, sent, asked } = scriptedSender(({ key }) => (key === null ? 'invalid' : 'sent'));
  const deadLetters = createDeadLetters(sender);
  await deadLetters.publish(letterOf(null, Buffer.from('a')));
  await deadLetters.publish(letterOf(null, Buffer.from('b')));
  await deadLetters.publish(letterOf(Buffer.from('own'), Buffer.from('c')));
  expect(sent.map(({ key }) => String(key))).toEqual(['in-3-41-2', 'in-3-41-2', 'own']);
  expect(sent[0]?.headers).toMatchObject({ 'original-key': 'none', 'source-offset': '41' });
  expect(sent[2]?.headers).not.toHaveProperty('original-key');
  expect(asked).toHaveLength(4);
});

test('a letter that came back keeps how often and since when, and says all else anew', async () => {
  const { sender, sent } = scriptedSender(() => 'sent');
  const letter = letterOf(Buffer.from('k'), Buffer.from('a'));
  const since = { replays: Buffer.from('2'), 'first-failed-at': Buffer.from('2026-11-27T10:00:00.000Z') };
  const headers = { ...since, reason: Buffer.from('internal_error'), 'event-id': Buffer.from('older') };
  const envelope = { key: letter.piece.envelope.key, headers };
  await createDeadLetters(sender).publish({ ...letter, piece: { ...letter.piece, envelope } });
  expect(sent[0]?.headers).toEqual({
    ...since,
    ...{ reason: 'malformed', error: 'not JSON', 'event-id': 'in-3-41-2' },
    ...{ 'source-topic': 'in', 'source-partition': '3', 'source-offset': '41', 'source-index': '2' },
    'failed-at': '1970-01-01T00:00:00.000Z',
  });
});

test('a letter that is taken in no form is never taken for written', async () => {
  const { sender, sent } = scriptedSender(() => 'too_large');
  const publishing = createDeadLetters(sender).publish(letterOf(Buffer.from('k'), Buffer.from('a')));
  await expect(publishing).rejects.toMatchObject({ name: 'UnavailableError', service: 'dead-letter topic' });
  expect(sent).toEqual([]);
});

test('a compacted, narrow topic gets the shortest form under a key', async () => {
  const { sender, sent } = scriptedSender(({ key, value, headers = {} }) => {
    if (key === null) return 'invalid';
    return value !== null || 'own' in headers ? 'too_large' : 'sent';
  });
  const { piece, ...letter } = letterOf(null, Buffer.from('abc'));
  const envelope = { key: null, headers: { own: Buffer.from('header') } };
  await createDeadLetters(sender).publish({ ...letter, piece: { ...piece, envelope } });
  expect(sent).toHaveLength(1);
  expect(sent[0]?.headers).toMatchObject({ 'value-bytes': '3', 'original-key': 'none' });
});

test('an outcome without a user goes under its event where the topic wants a key, and is never dropped', async () => {
  const outcome: OutcomeRecord = {
    eventId: 'in-3-41-2',
    at: 'now',
    outcome: 'dead_lettered',
    reason: 'malformed',
    pod: 'p',
    source: { topic: 'in', partition: 3, offset: '41', index: 2 },
  };
  const compacted = scriptedSender(({ key }) => (key === null ? 'invalid' : 'sent'));
  await createOutcomeLog(compacted.sender).record(outcome);
  expect(compacted.sent.map(({ key }) => key)).toEqual(['in-3-41-2']);
  const closed = scriptedSender(() => 'invalid');
  await expect(createOutcomeLog(closed.sender).record(outcome)).rejects.toMatchObject({
    name: 'UnavailableError',
    service: 'outcome topic',
  });
});

test('a broker that says nothing keeps waiting what is for its partitions, and what shared a request with it', async () => {
  const { sender, rules } = openTopic();
  await sendAll(sender);
  rules.isSilent = (partition) => partition === 2;
  const shared = records.map((one) => sender.send(one));
  for (const one of shared) one.catch(() => undefined);
  const sent = new Set<string>();
  let rounds = 0;
  // Whatever is sent from the moment on in which the silence is noticed.
  await expect
    .poll(
      async () => {
        rounds += 1;
        const round = records.map((one, n) =>
          sender
            .send(record(String(one.key), `round-${String(rounds)}`))
            .then(() => sent.add(`${String(rounds)}/${String(n)}`)),
        );
        for (const one of round) one.catch(() => undefined);
        await Promise.race([Promise.allSettled(round), new Promise((resolve) => setTimeout(resolve, 100))]);
        return [...sent].filter((name) => name.startsWith(`${String(rounds)}/`)).length;
      },
      { timeout: 5000 },
    )
    .toBeGreaterThan(100);
  await sender.stop();
}, 15_000);

test('a broker that goes away while records are sent one by one is asked once more, not once a record', async () => {
  const { sender, rules, requests } = openTopic();
  let isGone = false;
  rules.refuse = () => (isGone ? 'REQUEST_TIMED_OUT' : undefined);
  rules.refuseRecord = ({ value }) => {
    if (value !== 'value-0') return undefined;
    // From the answer on that has each of the partition sent alone.
    isGone = requests.length > 1;
    return 'INVALID_RECORD';
  };
  const sameKey = Array.from({ length: 50 }, (_, n) => record('user', `value-${String(n)}`));
  const answers = await Promise.allSettled(sameKey.map((one) => sender.send(one)));
  expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(50);
  // Together, its partition apart, and the first one alone.
  expect(requests).toHaveLength(3);
  await sender.stop();
});

test('a decision is keyed by its user; what the topic refuses for its size is told, anything else is waited for', async () => {
  const { sender, sent } = scriptedSender(({ value }) =>
    String(value) === 'large' ? 'too_large' : String(value) === 'odd' ? 'invalid' : 'sent',
  );
  const log = createDecisionLog(sender, (userId) => userId !== 'u-2');
  expect([log.includes('u-1'), log.includes('u-2')]).toEqual([true, false]);
  expect(await log.record('u-1', 'line')).toBe('recorded');
  expect(sent).toEqual([{ key: Buffer.from('u-1'), value: Buffer.from('line') }]);
  expect(await log.record('u-1', 'large')).toBe('too_large');
  await expect(log.record('u-1', 'odd')).rejects.toMatchObject({ service: 'decision topic' });
});

test.each([
  ['one small record', {}, 100, CompressionTypes.None],
  ['64 KiB', {}, 64 * 1024, CompressionTypes.GZIP],
  ['a little less', {}, 63 * 1024, CompressionTypes.None],
  ['64 KiB of another packing', { packing: 'zstd' }, 64 * 1024, CompressionTypes.ZSTD],
  ['what is packed early', { packing: 'zstd', packFromBytes: 4096 }, 4096, CompressionTypes.ZSTD],
  ['less than that', { packing: 'zstd', packFromBytes: 4096 }, 3900, CompressionTypes.None],
] as const)('%s goes as it should be packed', async (_what, options, length, compression) => {
  const sent: ProducerRecord[] = [];
  const sender = createRecordSender(
    {
      connection: { brokers: ['nowhere:1'], clientId: 't' },
      ...{ topic: 't', logger: silentLogger, lingerMs: 1, ...options },
    },
    (choose): SendingProducer => ({
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      send: (request) => {
        sent.push(request);
        const partitions = request.messages.map((message) =>
          choose({ topic: 't', partitionMetadata: PARTITIONS, message }),
        );
        return Promise.resolve(partitions.map((partition) => ({ topicName: 't', partition, errorCode: 0 })));
      },
    }),
  );
  expect(await sender.send(record('user', 'x'.repeat(length)))).toBe('sent');
  expect(sent.map((request) => request.compression)).toEqual([compression]);
});
