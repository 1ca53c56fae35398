/**
 * The event player as a process of its own, for compose: waits for the services, creates the topic, uploads the
 * rules and the merchants where there are none, and plays the city until it is stopped.
 *
 *   node test/simulation/player/main.ts [--upload] [--once]
 *
 *   KAFKA_BROKERS (required), KAFKA_TOPIC, KAFKA_OUTCOME_TOPIC, PARTITIONS   where to
 *   SEED, PEOPLE, RATE (events a second), EVENTS (0: without end)            what
 *   RULES_FILE, RULES_S3_URI, MERCHANTS_S3_URI, S3_ENDPOINT, AWS_*           with --upload
 *
 * With --once it uploads and creates, and plays nothing: what pods may wait for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createCity } from '../city/city.ts';
import { ensureTopics, openKafka, silenceKafkaWarning, waitForKafka } from './kafka.ts';
import { play } from './play.ts';
import { uploadDocuments } from './upload.ts';

const { env } = process;
const { values: flags } = parseArgs({ options: { upload: { type: 'boolean' }, once: { type: 'boolean' } } });

const required = (name: string): string => {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name} is missing`);
  return value;
};
const count = (name: string, preset: number): number => {
  const value = Number(env[name] ?? preset);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`${name} must be a number of at least 0, not ${JSON.stringify(env[name])}`);
};

/** Repeats until it succeeds: the services may come up after this one. */
const insist = async <T>(what: string, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) throw error;
      console.log(`${what}: ${error instanceof Error ? error.message : String(error)}; again in 2 s`);
      await sleep(2000, undefined, { signal });
    }
  }
};

const main = async (): Promise<void> => {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      stopping.abort();
    });
  const topic = env['KAFKA_TOPIC'] ?? 'location-events';
  const outcomeTopic = env['KAFKA_OUTCOME_TOPIC'];
  const partitions = count('PARTITIONS', 12);
  const events = count('EVENTS', 0);
  const city = createCity({ seed: env['SEED'] ?? '1', events, people: count('PEOPLE', 5000) });

  if (flags.upload === true) {
    const rulesUri = required('RULES_S3_URI');
    const merchantsUri = required('MERCHANTS_S3_URI');
    const result = await insist('upload', stopping.signal, () =>
      uploadDocuments({
        endpoint: env['S3_ENDPOINT'],
        region: env['AWS_REGION'],
        rulesFile: env['RULES_FILE'] ?? new URL('../../../rules/default.yaml', import.meta.url),
        rulesUri,
        merchants: city.merchants(`seed-${env['SEED'] ?? '1'}`),
        merchantsUri,
      }),
    );
    console.log(`rules: ${result.rules}; merchants: ${result.merchants}`);
  }
  const kafka = openKafka(required('KAFKA_BROKERS'), 'event-player');
  await insist('Kafka', stopping.signal, () => waitForKafka(kafka, 2000));
  await insist('topics', stopping.signal, () =>
    ensureTopics(kafka, {
      [topic]: partitions,
      ...(outcomeTopic === undefined ? {} : { [outcomeTopic]: partitions }),
    }),
  );
  if (flags.once === true) return;

  let played = 0;
  let saidAt = Date.now();
  await play({
    kafka,
    topic,
    records: city.records(events === 0 ? undefined : events),
    eventsPerSecond: count('RATE', 50),
    signal: stopping.signal,
    onProduced: (batch) => {
      played += batch.length;
      if (Date.now() - saidAt < 10_000) return;
      saidAt = Date.now();
      console.log(`${played} events played`);
    },
  });
  console.log(`${played} events played, done`);
};

silenceKafkaWarning();
try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
