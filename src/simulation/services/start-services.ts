/**
 * Kafka, Redis and S3 for the demo, tests and benchmarks on whatever machine this is.
 *
 * Guarantees: every service answers real requests when the promise resolves; where one fails to start, the others
 * are stopped before it rejects; nothing started here outlives this process, even after SIGKILL; the choice of
 * each service's origin is said, with its reason.
 */
import { prepareArtifacts } from './artifacts.ts';
import { type Choice, type Choices, chooseOrigins, type Wanted } from './choose-origins.ts';
import { startDockerKafka, startDockerRedis, startDockerS3 } from './docker-service.ts';
import { useGivenService } from './given-service.ts';
import { localKafka } from './local-kafka.ts';
import { localRedis } from './local-redis.ts';
import { localS3 } from './local-s3.ts';
import { startLocalService } from './local-service.ts';
import type { ServicesOptions } from './options.ts';
import type { ServiceHandle } from './service.ts';

export interface RunningServices {
  /**
   * What a pod needs in its environment: KAFKA_BROKERS, REDIS_URL, S3_ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID,
   * AWS_SECRET_ACCESS_KEY, as far as the services were asked for. Extra Redis servers are not in it.
   */
  readonly env: Readonly<Record<string, string>>;
  /** `kafka`, `redis`, `s3` or an extra Redis's name; throws for one that was not asked for. */
  service(name: string): ServiceHandle;
  readonly all: readonly ServiceHandle[];
  /** Stops everything and removes its data; idempotent. */
  stop(): Promise<void>;
}

/** Starts what `options` ask for, all at once. Typically 5 to 8 s locally; the first time also the downloads. */
export async function startServices(options: ServicesOptions): Promise<RunningServices> {
  const { say } = options;
  const wanted = listWanted(options);
  const choices = await chooseOrigins(wanted, options);
  for (const { name } of wanted) {
    const { origin, why } = choiceOf(choices, name);
    say(`${name}: ${origin} (${why})`);
  }
  await prepareArtifacts(choices.artifacts, say);

  const startedAt = performance.now();
  const results = await Promise.allSettled(
    wanted.map(async (one) => {
      const handle = await startOne(one, choices, options);
      say(`${one.name}: ready at ${hideSecrets(handle.address)} after ${elapsedSeconds(startedAt)} s`);
      return handle;
    }),
  );
  const all = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((handle) => handle.stop()));
  };
  const faults = results
    .filter((result) => result.status === 'rejected')
    .map((result): unknown => result.reason);
  if (faults.length > 0) {
    await stop();
    throw faults.length === 1 ? faults[0] : new AggregateError(faults, faults.map(String).join('\n'));
  }

  const names = new Set(Object.keys(options.extraRedis ?? {}));
  return {
    env: Object.assign({}, ...all.filter(({ name }) => !names.has(name)).map(({ env }) => env)) as Record<
      string,
      string
    >,
    all,
    service(name) {
      const handle = all.find((one) => one.name === name);
      if (handle === undefined) throw new Error(`no service ${name} was asked for`);
      return handle;
    },
    stop,
  };
}

function listWanted(options: ServicesOptions): Wanted[] {
  const main = (['kafka', 'redis', 's3'] as const).filter((kind) => options[kind] !== false);
  return [
    ...main.map((kind) => ({ name: kind, kind, extra: false })),
    ...Object.keys(options.extraRedis ?? {}).map((name) => {
      if (!/^[a-z][a-z0-9-]*$/.test(name) || ['kafka', 'redis', 's3'].includes(name)) {
        throw new Error(
          `extraRedis: ${JSON.stringify(name)} is no name for another Redis (kebab-case, not a kind)`,
        );
      }
      return { name, kind: 'redis' as const, extra: true };
    }),
  ];
}

function choiceOf(choices: Choices, name: string): Choice {
  const choice = choices.byName.get(name);
  if (choice === undefined) throw new Error(`no origin was chosen for ${name}`);
  return choice;
}

function startOne(
  { name, kind, extra }: Wanted,
  choices: Choices,
  options: ServicesOptions,
): Promise<ServiceHandle> {
  const choice = choiceOf(choices, name);
  const kafka = options.kafka === false ? {} : (options.kafka ?? {});
  const s3 = options.s3 === false ? {} : (options.s3 ?? {});
  const mainRedis = options.redis === false ? {} : (options.redis ?? {});
  const redis = extra ? (options.extraRedis?.[name] ?? {}) : mainRedis;
  if (choice.origin === 'given') {
    const { environment = process.env } = options;
    return useGivenService({ kind, address: choice.address, environment, buckets: s3.buckets ?? [] });
  }
  if (choice.origin === 'docker') {
    if (kind === 'kafka') return startDockerKafka(kafka);
    return kind === 'redis' ? startDockerRedis(name, redis) : startDockerS3(s3);
  }
  if (kind === 'kafka') return startLocalService(localKafka(kafka, choices.java));
  if (kind === 's3') return startLocalService(localS3(s3, choices.java));
  return startLocalService(localRedis(name, redis, choices.redisFromPath));
}

/** A given Redis URL may hold a password. */
function hideSecrets(address: string): string {
  return address.replace(/\/\/[^@/]*@/, '//***@');
}

function elapsedSeconds(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
