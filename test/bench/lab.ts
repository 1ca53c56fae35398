/**
 * Where benchmarks run: real Kafka, Redis and S3, the coupon stub as a process of its own, and pods and rivals as
 * processes of their own, all bound to this process's life. Topics are written once and read by every contender
 * under a group of its own.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Kafka } from 'kafkajs';
import { createS3 } from '../../src/documents/s3-client.ts';
import { putDocument } from '../../src/documents/s3-object.ts';
import { createPod, type PodProcess } from '../simulation/demo/pods.ts';
import { createKeyPartitioner, ensureTopics, openKafka, withAdmin } from '../simulation/player/kafka.ts';
import { findFreePorts } from '../simulation/services/free-ports.ts';
import { openGuard, type Guard, type GuardedChild } from '../simulation/services/guarded-process.ts';
import { startServices } from '../simulation/services/start-services.ts';
import { benchRules } from './bench-rules.ts';
import { couponStub, type CouponStub } from './coupon-stub-client.ts';
import { until } from './until.ts';

const BUCKET = 'bench';
const RECORDS_A_SEND = 4000;
const ROOT = new URL('../../', import.meta.url).pathname;

export interface BenchEvent {
  readonly userId: string;
  readonly value: string;
  /** Default: by userId, as Java's producers would. */
  readonly partition?: number;
}

export type LoggedChild = GuardedChild & { readonly logFile: string };

export interface Lab {
  readonly services: Readonly<Record<string, string>>;
  readonly kafka: Kafka;
  readonly guard: Guard;
  readonly stub: CouponStub;
  readonly say: (line: string) => void;
  /** What pods said of their event loops since the list was emptied, ms. */
  readonly eventLoopP99Ms: number[];
  /** Writes a topic with these events and returns its name. */
  topic(partitions: number, events: Iterable<BenchEvent>): Promise<string>;
  /** Appends to a topic. */
  append(topic: string, partitions: number, events: Iterable<BenchEvent>): Promise<void>;
  /** A pod on this topic, as the image runs it (the built program), not started; `env` wins. */
  pod(
    topic: string,
    env?: Readonly<Record<string, string>>,
  ): Promise<PodProcess & { readonly groupId: string }>;
  /** Puts a document of rules beside the lab's own. @returns what `RULES_S3_URI` says. */
  rules(document: string): Promise<string>;
  /** Runs a script of this folder. */
  run(script: string, env: Readonly<Record<string, string>>): Promise<LoggedChild>;
  /** Runs any command with the services' addresses. @param name begins its log's name. */
  start(
    name: string,
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<LoggedChild>;
  /** Sum over the partitions of committed offsets, and of the ends. */
  offsets(topic: string, groupId: string): Promise<{ readonly committed: number; readonly end: number }>;
  stop(): Promise<void>;
}

export async function openLab(say: (line: string) => void): Promise<Lab> {
  // Node that strips types by itself holds some 20 MB for it: no pod in an image does.
  await promisify(execFile)('npm', ['run', 'build', '--silent'], { cwd: ROOT });
  const running = await startServices({ s3: { buckets: [BUCKET] }, say });
  const { env: services } = running;
  Object.assign(process.env, services);
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  const guard = openGuard(directory);
  const kafka = openKafka(services['KAFKA_BROKERS'] ?? '', 'bench');
  const s3 = createS3({ endpoint: services['S3_ENDPOINT'], region: services['AWS_REGION'] });
  const rulesUri = `s3://${BUCKET}/${randomUUID()}/rules.json`;
  await putDocument(s3, rulesUri, benchRules(new Date()), { ifNoneMatch: '*' });

  const start: Lab['start'] = async (name, command, args, env) => {
    const logFile = join(directory, `${name}-${randomUUID().slice(0, 8)}.log`);
    const childEnv = { PATH: process.env['PATH'] ?? '', ...services, ...env };
    const child = await guard.run({ command, args, cwd: ROOT, env: childEnv, logFile });
    return { ...child, logFile };
  };
  const run: Lab['run'] = (script, env) => {
    const args = ['--disable-warning=TimeoutNegativeWarning', join(ROOT, 'test/bench/runs', script)];
    return start(script, process.execPath, args, env);
  };

  const [stubPort = 0] = await findFreePorts(1);
  const stubProcess = await run('coupon-stub.ts', { PORT: String(stubPort) });
  const stub = couponStub(stubPort);
  await until('the coupon stub answers', () => stub.stats().then(() => true), 20_000, stubProcess);

  // Takes what pods send to Datadog: metrics are on, as in production.
  const eventLoopP99Ms: number[] = [];
  const intake = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      eventLoopP99Ms.push(...readEventLoop(Buffer.concat(chunks).toString()));
      response.writeHead(202).end('{}');
    });
  });
  await new Promise<void>((resolve) => intake.listen(0, '127.0.0.1', resolve));
  const intakeUrl = `http://127.0.0.1:${String((intake.address() as AddressInfo).port)}`;

  const append: Lab['append'] = async (topic, partitions, events) => {
    const choose = createKeyPartitioner(topic, partitions);
    const producer = kafka.producer();
    await producer.connect();
    let messages: { key: string; value: string; partition: number }[] = [];
    const send = async (): Promise<void> => {
      if (messages.length > 0) await producer.send({ topic, messages });
      messages = [];
    };
    for (const { userId, value, partition } of events) {
      messages.push({ key: userId, value, partition: partition ?? choose(userId) });
      if (messages.length >= RECORDS_A_SEND) await send();
    }
    await send();
    await producer.disconnect();
  };

  return {
    services,
    kafka,
    guard,
    stub,
    say,
    eventLoopP99Ms,
    run,
    start,
    append,
    async topic(partitions, events) {
      const topic = `bench-${randomUUID().slice(0, 8)}`;
      await ensureTopics(kafka, { [topic]: partitions });
      await append(topic, partitions, events);
      return topic;
    },
    async rules(document) {
      const uri = `s3://${BUCKET}/${randomUUID()}/rules.json`;
      await putDocument(s3, uri, document, { ifNoneMatch: '*' });
      return uri;
    },
    async pod(topic, env = {}) {
      const [port = 0] = await findFreePorts(1);
      const name = `pod-${String(port)}`;
      const groupId = env['KAFKA_GROUP_ID'] ?? `bench-${randomUUID().slice(0, 8)}`;
      const pod = createPod(guard, {
        name,
        port,
        logFile: join(directory, `${name}.log`),
        main: () => join(ROOT, 'dist/main.js'),
        env: {
          ...services,
          // Pods of another benchmark may have been killed a moment ago, and count as live.
          REDIS_PREFIX: topic,
          KAFKA_TOPIC: topic,
          KAFKA_DEAD_LETTER_TOPIC: `${topic}.dead-letter`,
          KAFKA_GROUP_ID: groupId,
          RULES_S3_URI: rulesUri,
          COUPON_API_URL: stub.url,
          // Nothing listens there: a push that should not be is refused, and seen in the counts.
          PUSH_API_URL: 'http://127.0.0.1:9',
          MAX_EVENT_AGE_MS: '86400000',
          DATADOG_API_KEY: 'bench',
          DATADOG_API_URL: intakeUrl,
          HOST: '127.0.0.1',
          PORT: String(port),
          POD_NAME: name,
          LOG_LEVEL: 'warn',
          ...env,
        },
      });
      return Object.assign(pod, { groupId });
    },
    offsets: (topic, groupId) =>
      withAdmin(kafka, async (admin) => {
        const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
        const ends = await admin.fetchTopicOffsets(topic);
        const sum = (rows: readonly { readonly offset: string }[]): number =>
          rows.reduce((total, { offset }) => total + Math.max(0, Number(offset)), 0);
        return { committed: sum(group?.partitions ?? []), end: sum(ends) };
      }),
    async stop() {
      s3.destroy();
      intake.close();
      await guard.close();
      await running.stop();
    },
  };
}

function readEventLoop(body: string): number[] {
  const { series } = JSON.parse(body) as {
    series: { readonly metric: string; readonly points: readonly [number, number][] }[];
  };
  return series
    .filter(({ metric }) => metric.endsWith('event_loop.delay_p99_ms'))
    .flatMap(({ points }) => points.map(([, value]) => value));
}
