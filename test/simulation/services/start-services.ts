/**
 * Kafka, Redis and S3 for the demo, tests and benchmarks on whatever machine this is.
 *
 * Guarantees: every service answers real requests when the promise resolves; where one fails to start, the others
 * are stopped before it rejects; nothing started here outlives this process, even after SIGKILL; the choice of
 * each service's origin is said, with its reason.
 */
import { prepareArtifacts } from './artifacts.ts';
import {
  type Choice,
  type Choices,
  chooseLocal,
  chooseOrigins,
  mergeChoices,
  type Wanted,
} from './choose-origins.ts';
import { pullServiceImages } from './docker/images.ts';
import { removeLeftovers } from './docker/leftovers.ts';
import { startDockerKafka, startDockerRedis, startDockerS3 } from './docker-service.ts';
import { useGivenService } from './given-service.ts';
import { localKafka } from './local-kafka.ts';
import { localRedis } from './local-redis.ts';
import { localS3 } from './local-s3.ts';
import { startLocalService } from './local-service.ts';
import type { ServicesOptions } from './options.ts';
import type { Say, ServiceHandle } from './service.ts';

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

/**
 * Starts what `options` ask for, all at once. Typically 5 to 8 s locally; the first time also the downloads. What
 * Docker can't run (an image that can't be had, no space, no answer) this machine runs, where it may and can; else
 * rejects with one message that has Docker's words and every way out.
 */
export async function startServices(options: ServicesOptions): Promise<RunningServices> {
  const { say } = options;
  const wanted = listWanted(options);
  const choices = await bringImages(wanted, await chooseOrigins(wanted, options), options);
  for (const { name } of wanted) sayChoice(name, choices, say);
  options.signal?.throwIfAborted();
  await prepareArtifacts(choices.artifacts, say);
  options.signal?.throwIfAborted();

  const all: ServiceHandle[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((handle) => handle.stop()));
  };
  const first = await startAll(wanted, choices, options, all);
  const faults = first.filter(({ one }) => choiceOf(choices, one.name).origin !== 'docker');
  const inDocker = first.filter((fault) => !faults.includes(fault));
  try {
    if (faults.length === 0 && inDocker.length > 0) {
      const rest = inDocker.map(({ one }) => one);
      const reasons = inDocker.map(
        ({ one, error }) => `${one.name} did not start in Docker (${messageOf(error)})`,
      );
      for (const reason of reasons) say(reason);
      const instead = await chooseLocal(rest, options, { reasons, engineFailed: true });
      for (const { name } of rest) sayChoice(name, instead, say);
      await prepareArtifacts(instead.artifacts, say);
      faults.push(...(await startAll(rest, instead, options, all)));
    } else faults.push(...inDocker);
    const [fault] = faults;
    if (fault !== undefined && faults.length === 1) throw fault.error;
    if (fault !== undefined) {
      const errors = faults.map(({ error }) => error);
      throw new AggregateError(errors, errors.map(messageOf).join('\n'));
    }
  } catch (error) {
    await stop();
    throw error;
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

interface StartFault {
  readonly one: Wanted;
  readonly error: unknown;
}

/** Adds to `running` what has started. @returns the others. */
async function startAll(
  wanted: readonly Wanted[],
  choices: Choices,
  options: ServicesOptions,
  running: ServiceHandle[],
): Promise<StartFault[]> {
  const startedAt = performance.now();
  const faults = await Promise.all(
    wanted.map(async (one) => {
      try {
        const handle = await startOne(one, choices, options);
        running.push(handle);
        options.say(
          `${one.name}: ready at ${hideSecrets(handle.address)} after ${elapsedSeconds(startedAt)} s`,
        );
        return undefined;
      } catch (error) {
        return { one, error };
      }
    }),
  );
  return faults.filter((fault) => fault !== undefined);
}

/** Has Docker's images on the engine; what lacks its image comes from this machine. */
async function bringImages(
  wanted: readonly Wanted[],
  choices: Choices,
  options: ServicesOptions,
): Promise<Choices> {
  const inDocker = wanted.filter(({ name }) => choiceOf(choices, name).origin === 'docker');
  const [first] = inDocker;
  const choice = first === undefined ? undefined : choiceOf(choices, first.name);
  if (choice?.origin !== 'docker') return choices;
  const { environment = process.env, say } = options;
  await removeLeftovers(choice.engine.address, say);
  const lacking = await pullServiceImages(
    choice.engine,
    inDocker.map(({ kind }) => kind),
    { say, env: environment, signal: options.signal },
  );
  const rest = inDocker.filter(({ kind }) => lacking.has(kind));
  if (rest.length === 0) return choices;
  const missing = rest.flatMap(({ kind }) => lacking.get(kind) ?? []);
  const before = {
    reasons: [...new Set(missing.map(({ why }) => why))],
    images: [...new Set(missing.map(({ image }) => image))],
  };
  return mergeChoices(choices, await chooseLocal(rest, options, before));
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
    const { engine } = choice;
    if (kind === 'kafka') return startDockerKafka(kafka, engine);
    return kind === 'redis' ? startDockerRedis(name, redis, engine) : startDockerS3(s3, engine);
  }
  if (kind === 'kafka') return startLocalService(localKafka(kafka, choices.java));
  if (kind === 's3') return startLocalService(localS3(s3, choices.java));
  return startLocalService(localRedis(name, redis, choices.redisFromPath));
}

function sayChoice(name: string, choices: Choices, say: Say): void {
  const { origin, why } = choiceOf(choices, name);
  say(`${name}: ${origin} (${why})`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A given Redis URL may hold a password. */
function hideSecrets(address: string): string {
  return address.replace(/\/\/[^@/]*@/, '//***@');
}

function elapsedSeconds(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
