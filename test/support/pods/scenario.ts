/**
 * Whole pods as processes against real services and simulated partners, for scenarios: everything a pod meets in
 * production but the partners' own code. Each scenario has topics, group, documents and a Redis database of its
 * own, so none sees another's pushes, and files run side by side.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Kafka } from 'kafkajs';
import { inject, vi } from 'vitest';
import { createS3 } from '../../../src/documents/s3-client.ts';
import { putDocument } from '../../../src/documents/s3-object.ts';
import { createCity, type City } from '../../simulation/city/city.ts';
import { drain } from '../../simulation/demo/drain.ts';
import { fleetEnvironment, podEnvironment, type RunNames } from '../../simulation/demo/names.ts';
import {
  observeOutcomes,
  readDeadLetters,
  readOffsets,
  type Observer,
} from '../../simulation/demo/observe.ts';
import { createPod, type PodProcess } from '../../simulation/demo/pods.ts';
import { createPartners, type Partners } from '../../simulation/partners/create-partners.ts';
import type { SettingsPatch } from '../../simulation/partners/settings.ts';
import { ensureTopics, openKafka } from '../../simulation/player/kafka.ts';
import { play } from '../../simulation/player/play.ts';
import { findFreePorts } from '../../simulation/services/free-ports.ts';
import { openGuard } from '../../simulation/services/guarded-process.ts';
import { takeFreeDatabase } from '../redis/free-database.ts';
import { checkPromises, type PromiseCheck } from '../../simulation/verify/check-promises.ts';
import type { ProducedEvent } from '../../simulation/verify/evidence.ts';
import type { Cap } from '../../../src/domain/cap.ts';

const DAY_MS = 86_400_000;
/** The caps of rules/default.yaml, which scenarios run with unless they bring rules of their own. */
const DEFAULT_CAPS: readonly Cap[] = [
  { per: 'user', max: 1, windowMs: DAY_MS },
  { per: 'user+merchant', max: 1, windowMs: 7 * DAY_MS },
];

export interface ScenarioOptions {
  /** How many pods there are; none is started by itself. */
  readonly pods: number;
  /** For a scenario that must know it before; undefined: one that is free. Scenarios share the server, not the database. */
  readonly redisDatabase?: number;
  readonly partners?: SettingsPatch;
  readonly env?: Readonly<Record<string, string>>;
  /** What one pod has beyond that; counted from 0. */
  readonly envOf?: (pod: number, names: RunNames) => Readonly<Record<string, string>>;
  /** The rules document; undefined: rules/default.yaml. Empty: none is uploaded. */
  readonly rules?: string;
  /** What the promises are held against; undefined: those of rules/default.yaml. */
  readonly caps?: readonly Cap[];
  readonly events?: number;
  /** Node's own arguments for every pod, such as a preload by `--import`. */
  readonly nodeArgs?: readonly string[];
  /** Of the topic; default 6. */
  readonly partitions?: number;
  /** Instead of the shared broker, which must not be broken: `host:port`, comma-separated. */
  readonly brokers?: string;
  /** Instead of the shared Redis, which must not be broken either. */
  readonly redis?: { readonly url: string; readonly cluster?: boolean };
}

export interface Scenario {
  readonly names: RunNames;
  /** What a command on the rules needs to reach these pods. */
  readonly rulesEnv: Readonly<Record<string, string | undefined>>;
  readonly kafka: Kafka;
  readonly partners: Partners;
  readonly pods: readonly PodProcess[];
  readonly city: City;
  readonly observer: Observer;
  readonly produced: readonly ProducedEvent[];
  putRules(text: string): Promise<void>;
  /** Plays so many of the city's events. */
  play(events: number, eventsPerSecond: number): Promise<void>;
  /** Produces these values, keyed by user where they name one. */
  produce(values: readonly (object | Buffer | string)[]): Promise<void>;
  /** The pod's log lines so far, parsed. */
  log(pod: PodProcess): Promise<readonly Record<string, unknown>[]>;
  /** Waits until everything is decided, delivered and committed; fails the test where it never is. */
  untilDrained(): Promise<void>;
  promises(): Promise<readonly PromiseCheck[]>;
  stop(): Promise<void>;
}

export async function startScenario(options: ScenarioOptions): Promise<Scenario> {
  const { brokers } = options;
  const services: Readonly<Record<string, string>> = {
    ...inject('services'),
    ...(brokers !== undefined && { KAFKA_BROKERS: brokers }),
  };
  const bucket = inject('bucket');
  const mark = randomUUID().slice(0, 8);
  const sharedRedis = services['REDIS_URL'] ?? '';
  const isOwn = options.redis !== undefined || options.redisDatabase !== undefined;
  const database = isOwn ? undefined : await takeFreeDatabase(sharedRedis);
  const number = options.redisDatabase ?? database?.number;
  const redisUrl = options.redis?.url ?? `${sharedRedis}/${String(number)}`;
  if (options.redis === undefined) await emptyDatabase(redisUrl);
  const names: RunNames = {
    topic: `scenario-${mark}`,
    outcomeTopic: `scenario-${mark}.outcomes`,
    deadLetterTopic: `scenario-${mark}.dead-letter`,
    groupId: `scenario-${mark}`,
    rulesUri: `s3://${bucket}/${mark}/rules.yaml`,
    merchantsUri: `s3://${bucket}/${mark}/merchants.json`,
    idPrefix: `${mark}-`,
  };
  const directory = await mkdtemp(join(tmpdir(), 'scenario-'));
  const guard = openGuard(directory);
  const kafka = openKafka(services['KAFKA_BROKERS'] ?? '', `scenario-${mark}`);
  await ensureTopics(kafka, {
    [names.topic]: options.partitions ?? 6,
    [names.outcomeTopic]: 3,
    [names.deadLetterTopic]: 1,
  });
  const city = createCity({ seed: 7, events: options.events ?? 2000, idPrefix: names.idPrefix });
  const partners = await createPartners({
    seed: 7,
    shops: city.shops,
    ...(options.partners && { settings: options.partners }),
  });
  const s3 = createS3({ endpoint: services['S3_ENDPOINT'], region: services['AWS_REGION'] });
  const rules = options.rules ?? (await readFile('rules/default.yaml', 'utf8'));
  const etags = new Map<string, string>();
  const put = async (uri: string, body: string): Promise<void> => {
    const etag = etags.get(uri);
    const { etag: next } = await putDocument(
      s3,
      uri,
      body,
      etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: etag },
    );
    etags.set(uri, next);
  };
  if (rules !== '') await put(names.rulesUri, rules);
  await put(names.merchantsUri, JSON.stringify(city.merchants('scenario')));
  const ports = await findFreePorts(options.pods);
  const pods = ports.map((port, index) => {
    const name = `pod-${String(index + 1)}-${mark}`;
    const env = {
      ...podEnvironment(fleetEnvironment(services, names, partners.urls), { name, port }),
      REDIS_URL: redisUrl,
      REDIS_CLUSTER: String(options.redis?.cluster === true),
      ...options.env,
      ...options.envOf?.(index, names),
    };
    const { nodeArgs = [] } = options;
    return createPod(guard, { name, port, env, nodeArgs, logFile: join(directory, `${name}.log`) });
  });
  const observer = await observeOutcomes(kafka, names);
  const produced: ProducedEvent[] = [];
  const records = city.records();

  return {
    names,
    rulesEnv: { ...process.env, ...services, REDIS_URL: redisUrl, RULES_S3_URI: names.rulesUri },
    kafka,
    partners,
    pods,
    city,
    observer,
    produced,
    putRules: (text) => put(names.rulesUri, text),
    play: (events, eventsPerSecond) =>
      play({
        kafka,
        topic: names.topic,
        eventsPerSecond,
        records: take(records, events),
        onProduced: (placed) => {
          produced.push(...placed);
        },
      }),
    produce: async (values) => {
      const producer = kafka.producer();
      await producer.connect();
      await producer.send({
        topic: names.topic,
        messages: values.map((value) => ({
          key: typeof value === 'object' && 'userId' in value ? String(value.userId) : null,
          value: Buffer.isBuffer(value) || typeof value === 'string' ? value : JSON.stringify(value),
        })),
      });
      await producer.disconnect();
    },
    log: async (pod) => {
      const text = await readFile(pod.logFile, 'utf8');
      return text
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    untilDrained: async () => {
      const running = pods.filter((pod) => pod.isRunning());
      const done = await drain(kafka, names, running, observer, {
        timeoutMs: 120_000,
        signal: new AbortController().signal,
      });
      if (!done) throw new Error('not drained: nothing has moved for 120 s');
    },
    promises: async () =>
      checkPromises({
        produced,
        outcomes: observer.outcomes,
        letters: await readDeadLetters(kafka, names),
        ledger: await partners.ledger(),
        ...(await readOffsets(kafka, names)),
        caps: options.caps ?? DEFAULT_CAPS,
        idempotentPushApi: options.env?.['PUSH_API_IDEMPOTENT'] === 'true',
      }),
    stop: async () => {
      await guard.close();
      await observer.stop();
      await partners.stop();
      s3.destroy();
      await database?.release();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function emptyDatabase(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushdb();
  redis.disconnect();
}

function* take<T extends { readonly events: readonly unknown[] }>(
  records: Iterator<T>,
  events: number,
): Generator<T> {
  for (let taken = 0; taken < events;) {
    const next = records.next();
    if (next.done === true) return;
    taken += next.value.events.length;
    yield next.value;
  }
}

/** Polls until it no longer throws; the deadline is generous, because a busy machine is no failure. */
export function eventually<T>(check: () => Promise<T> | T, timeoutMs = 120_000): Promise<T> {
  return vi.waitFor(check, { timeout: timeoutMs, interval: 100 });
}

/** An event at a shop whose coupon passes the default rules at any hour. */
export function eventAt(city: City, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const shop = city.shops.find(
    ({ active, category, offers }) =>
      active &&
      category !== 'alcohol' &&
      offers.some(
        ({ discountPercent, endsInMinutes }) => discountPercent >= 20 && endsInMinutes === undefined,
      ),
  );
  if (shop === undefined) throw new Error('a city without a good shop');
  const { latitude, longitude, merchantId } = shop;
  const occurredAt = new Date().toISOString();
  return { userId: 'u-1', eventId: randomUUID(), occurredAt, latitude, longitude, merchantId, ...changes };
}

/** Rules that push whatever there is, at any hour; `changes` are further top-level sections. */
export function openRules(version: string, changes: Record<string, unknown> = {}): string {
  return JSON.stringify({ version, caps: [{ per: 'user', max: 1, window: '24h' }], ...changes });
}
