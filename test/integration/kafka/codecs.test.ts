/**
 * Record batches as real producers write them: this service, Kafka's own Java client, and librdkafka (kcat). Where
 * this machine lacks one of them, the skipped test says which.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { registerCodecs } from '../../../src/kafka/codecs/codecs.ts';
import { artifactDirectory } from '../../simulation/services/artifacts.ts';
import { type Bench, createLedger, eventOf, openBench, startPod, until } from './harness.ts';

const { CompressionTypes } = kafkajs;

/** Kafka's jars are there where the broker runs from them; a JDK runs a program from its source, a JRE does not. */
const jars = artifactDirectory('kafka');
const modules = spawnSync('java', ['--list-modules'], { encoding: 'utf8' });
const hasJavaProducer = existsSync(jars) && modules.status === 0 && modules.stdout.includes('jdk.compiler');

/** What librdkafka's own command line knows; Debian and Ubuntu have it as a package. */
const kcat = spawnSync('kcat', ['-V'], { encoding: 'utf8' });
const hasKcat = kcat.status === 0;

const codecs = [
  ['gzip', CompressionTypes.GZIP],
  ['snappy', CompressionTypes.Snappy],
  ['lz4', CompressionTypes.LZ4],
  ['zstd', CompressionTypes.ZSTD],
] as const;

const NO_JAVA = 'needs a JDK (not a JRE) of 17 or newer, and the broker’s jars: no Docker';
const NO_KCAT = 'needs kcat: apt-get install kcat';

let bench: Bench;
beforeAll(async () => {
  if (!hasKcat)
    console.log('  MISSING: kcat (apt-get install kcat), so nothing is read that librdkafka wrote');
  bench = await openBench();
  if (hasJavaProducer) await writeByJava();
});
afterAll(() => bench.close());
afterEach(() => {
  registerCodecs({ maxBatchBytes: 256 * 1024 * 1024 });
});

/** Long and alike enough that every codec packs it, in several blocks. */
const texts = Array.from({ length: 3000 }, (_, n) =>
  String(eventOf(`u${String(n % 7)}`, n, { pad: 'abc'.repeat(40) }).value),
);

async function readAll(topic: string): Promise<string[]> {
  const ledger = createLedger();
  const pod = startPod(bench.brokers, { topic, groupId: randomUUID(), ledger });
  await until('all is done', () => ledger.done.size === texts.length);
  await pod.consumer.stop();
  return pod.pieces.map(({ bytes }) => String(bytes));
}

/** Runs a program on these lines of input; fails where it does. */
async function run(command: string, args: readonly string[], lines: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(`${lines.join('\n')}\n`);
  expect(await once(child, 'exit')).toEqual([0, null]);
}

/** Topics that Java's producer has written, by codec. One JVM writes all: each takes seconds to start. */
const javaTopics = new Map<string, { readonly plain: string; readonly transactional: string }>();

async function writeByJava(): Promise<void> {
  const program = join(import.meta.dirname, 'produce-lines.java');
  const jvm = ['-XX:TieredStopAtLevel=1', '-cp', join(jars, '*'), program];
  const targets: string[] = [];
  for (const [codec] of codecs) {
    const topics = { plain: await bench.createTopic(1), transactional: await bench.createTopic(1) };
    javaTopics.set(codec, topics);
    targets.push(`${topics.plain}:${codec}`, `${topics.transactional}:${codec}:transactional`);
  }
  await run('java', [...jvm, bench.brokers.join(','), ...targets], texts);
}

function topicsByJava(codec: string): { readonly plain: string; readonly transactional: string } {
  const topics = javaTopics.get(codec);
  if (topics === undefined) throw new Error(`Java has written nothing in ${codec}`);
  return topics;
}

/** In which codecs a topic's record batches are: that a producer was told to pack them proves nothing. */
async function codecsIn(topic: string): Promise<number[]> {
  const seen = new Set<number>();
  const { CompressionCodecs } = kafkajs;
  const known = { ...CompressionCodecs };
  for (const [, type] of codecs) {
    CompressionCodecs[type] = () => {
      seen.add(type);
      return known[type]() as unknown;
    };
  }
  // A bare client: the service's consumer brings its own codecs along.
  const consumer = bench.kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  let records = 0;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatch: ({ batch }) => {
      records += batch.messages.length;
      return Promise.resolve();
    },
  });
  await until('all is read', () => records >= texts.length);
  await consumer.disconnect();
  Object.assign(CompressionCodecs, known);
  return [...seen];
}

describe.each(codecs)('%s', (name, type) => {
  test('as this service writes it', async () => {
    const topic = await bench.createTopic(1);
    await bench.send(
      topic,
      texts.map((value) => ({ value })),
      type,
    );
    expect(await readAll(topic)).toEqual(texts);
  });

  test('as Kafka’s own Java producer writes it', async (context) => {
    context.skip(!hasJavaProducer, NO_JAVA);
    const topic = topicsByJava(name).plain;
    expect(await codecsIn(topic)).toEqual([type]);
    expect(await readAll(topic)).toEqual(texts);
  });

  test('transactions of the Java producer: what was aborted is not read', async (context) => {
    context.skip(!hasJavaProducer, NO_JAVA);
    const topic = topicsByJava(name).transactional;
    expect(await readAll(topic)).toEqual(texts);
  });

  test('as librdkafka writes it (kcat)', async (context) => {
    context.skip(!hasKcat, NO_KCAT);
    const topic = await bench.createTopic(1);
    const settings = ['-z', name, '-X', 'linger.ms=200', '-X', 'batch.size=200000'];
    await run('kcat', ['-P', '-b', bench.brokers.join(','), '-t', topic, '-p', '0', ...settings], texts);
    expect(await codecsIn(topic)).toEqual([type]);
    expect(await readAll(topic)).toEqual(texts);
  });

  test('a batch that unpacks beyond the bound stalls its partition alone, and is named', async () => {
    const topic = await bench.createTopic(2);
    const groupId = randomUUID();
    const ledger = createLedger();
    await bench.send(topic, [{ value: 'x'.repeat(3_000_000), partition: 0 }], type);
    await bench.send(
      topic,
      [0, 1].map((partition) => ({ ...eventOf('u', partition), partition })),
    );
    const pod = startPod(bench.brokers, { topic, groupId, ledger, maxBatchBytes: 2_000_000 });
    const reason = new RegExp(`at offset 0 .*a ${name} record batch .*at most 2000000 bytes`);
    await until('it is told', () =>
      pod.lines.some(({ fields, message }) => {
        return message === 'a partition can not be read now' && reason.test(String(fields['reason']));
      }),
    );
    await until('the other one is done', async () => (await bench.committed(groupId, topic))[1] === 1);
    expect([...ledger.done.keys()]).toEqual(['1/0/0']);
    // Whoever has looked at it can take it out of the way.
    await bench.deleteBefore(topic, 1);
    await until('what comes behind it is read', () => ledger.done.size === 2);
    await until('the way is told', () => pod.counts.lost === 1);
    expect(pod.fatal).toBeUndefined();
    await pod.consumer.stop();
  });
});
