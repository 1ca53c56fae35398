import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { registerCodecs } from '../../../src/kafka/codecs.ts';
import { artifactDirectory } from '../../../src/simulation/services/artifacts.ts';
import { type Bench, createLedger, eventOf, openBench, startPod, until } from './harness.ts';

const { CompressionTypes } = kafkajs;

/** Kafka's jars are there where the broker runs from them; a JDK runs a program from its source, a JRE does not. */
const jars = artifactDirectory('kafka');
const modules = spawnSync('java', ['--list-modules'], { encoding: 'utf8' });
const hasJavaProducer = existsSync(jars) && modules.status === 0 && modules.stdout.includes('jdk.compiler');

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
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

const codecs = [
  ['gzip', CompressionTypes.GZIP],
  ['snappy', CompressionTypes.Snappy],
  ['lz4', CompressionTypes.LZ4],
  ['zstd', CompressionTypes.ZSTD],
] as const;

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

  test.skipIf(!hasJavaProducer)(
    'as Kafka’s own Java producer writes it',
    async () => {
      const topic = await bench.createTopic(1);
      const program = join(import.meta.dirname, 'produce-lines.java');
      const args = [
        '-XX:TieredStopAtLevel=1',
        '-cp',
        join(jars, '*'),
        program,
        bench.brokers.join(','),
        topic,
        name,
      ];
      const java = spawn('java', args, { stdio: ['pipe', 'ignore', 'inherit'] });
      java.stdin.end(`${texts.join('\n')}\n`);
      expect(await once(java, 'exit')).toEqual([0, null]);
      expect(await readAll(topic)).toEqual(texts);
    },
    60_000,
  );

  test('a batch that unpacks beyond the bound is fatal, and says so', async () => {
    const topic = await bench.createTopic(1);
    const groupId = randomUUID();
    await bench.send(topic, [{ value: 'x'.repeat(3_000_000) }], type);
    const pod = startPod(bench.brokers, { topic, groupId, maxBatchBytes: 2_000_000 });
    await until('it is fatal', () => pod.fatal !== undefined);
    expect(pod.fatal?.message).toMatch(new RegExp(`a ${name} record batch .*at most 2000000 bytes`));
    await pod.consumer.stop();
    expect(pod.counts.received).toBe(0);
  });
});
