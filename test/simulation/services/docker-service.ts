/**
 * Services as containers, by Testcontainers, which is loaded only here and only when a container is wanted: it is
 * a development dependency, absent from production images. Its reaper container removes everything when this
 * process ends, however it ends.
 *
 * Host ports are chosen here instead of by Docker. A Kafka client is sent to the address that the broker advertises,
 * so that must be known before the broker starts, and the broker listens on the same number inside, so that one
 * listener serves. And a port that Docker chooses may be another one for IPv6 than for IPv4.
 *
 * An engine that stops answering in the middle fails the start, or the stop, in bounded time.
 */
import type { GenericContainer, StartedTestContainer } from 'testcontainers';

import type { DockerEngine } from './docker/find-engine.ts';
import { IMAGES } from './docker/images.ts';
import { ownLabels } from './docker/leftovers.ts';
import { findFreePorts } from './free-ports.ts';
import { kafkaProperties } from './broker-plan.ts';
import { redisArgs } from './local-redis.ts';
import type { KafkaOptions, RedisOptions, S3Options } from './options.ts';
import { pollUntil, probeKafka, probeRedis, probeS3 } from './readiness.ts';
import { refuseFaults, type ServiceHandle, type ServiceKind, STAND_IN_AWS_ENV } from './service.ts';

const REDIS_PORT = 6379;
const S3MOCK_HTTP_PORT = 9090;
const CONTROLLER_PORT = 9093;

/** Until the container's own log says that it runs. Images are there before. */
const CONTAINER_TIMEOUT_MS = 120_000;
/** For everything that a start asks of the engine; Testcontainers itself waits for an answer without end. */
const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 30_000;
const READY_TIMEOUT_MS = 60_000;
const LOG_TAIL_LINES = 15;
const LOG_TAIL_LENGTH = 8192;
const TRIES = 4;
const PORT_TAKEN = /port is already allocated|address already in use|ports are not available/i;

interface Launched {
  readonly container: StartedTestContainer;
  readonly address: string;
  readonly env: Readonly<Record<string, string>>;
  readonly probe: () => Promise<void>;
}

let reaper: Promise<unknown> | undefined;

/**
 * Testcontainers, told to use this engine (it reads its settings once a process, so the first engine counts), with its
 * reaper running: services that start at once would start one each. It takes up another run's reaper where it sees
 * one, which may just be ending, as that run is: then it is asked again.
 */
async function loadTestcontainers(engine: DockerEngine) {
  Object.assign(process.env, engine.env);
  const testcontainers = await import('testcontainers');
  const { getContainerRuntimeClient, getReaper } = testcontainers;
  reaper ??= retryWhere(/no such container|is not running|connect to reaper/i, async () =>
    getReaper(await getContainerRuntimeClient()),
  );
  try {
    await reaper;
  } catch (error) {
    reaper = undefined;
    throw error;
  }
  return testcontainers;
}

/** Kafka in a container, reached from this host. */
export function startDockerKafka(options: KafkaOptions, engine: DockerEngine): Promise<ServiceHandle> {
  return startContainer('kafka', 'kafka', engine, async () => {
    const { GenericContainer, getContainerRuntimeClient, Wait } = await loadTestcontainers(engine);
    const host = loopbackOf((await getContainerRuntimeClient()).info.containerRuntime.host);
    const [port = 0] = await findFreePorts(1);
    const address = `${host}:${String(port)}`;
    const settings = {
      ...kafkaProperties(options),
      'controller.quorum.voters': `1@localhost:${String(CONTROLLER_PORT)}`,
      listeners: `PLAINTEXT://:${String(port)},CONTROLLER://:${String(CONTROLLER_PORT)}`,
      'advertised.listeners': `PLAINTEXT://${address}`,
    };
    const container = await started(
      new GenericContainer(IMAGES.kafka)
        .withEnvironment({ ...kafkaEnvironment(settings), KAFKA_HEAP_OPTS: '-Xmx640m' })
        .withExposedPorts({ container: port, host: port })
        .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/)),
    );
    return { container, address, env: { KAFKA_BROKERS: address }, probe: () => probeKafka(address) };
  });
}

/** Redis in a container. */
export function startDockerRedis(
  name: string,
  options: RedisOptions,
  engine: DockerEngine,
): Promise<ServiceHandle> {
  return startContainer(name, 'redis', engine, async () => {
    const { GenericContainer, Wait } = await loadTestcontainers(engine);
    const [port = 0] = await findFreePorts(1);
    const container = await started(
      new GenericContainer(IMAGES.redis)
        .withCommand(['redis-server', ...redisArgs(options)])
        .withExposedPorts({ container: REDIS_PORT, host: port })
        .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/)),
    );
    const address = `redis://${loopbackOf(container.getHost())}:${String(port)}`;
    return { container, address, env: { REDIS_URL: address }, probe: () => probeRedis(address) };
  });
}

/** S3Mock in a container. */
export function startDockerS3({ buckets = [] }: S3Options, engine: DockerEngine): Promise<ServiceHandle> {
  return startContainer('s3', 's3', engine, async () => {
    const { GenericContainer, Wait } = await loadTestcontainers(engine);
    const [port = 0] = await findFreePorts(1);
    const container = await started(
      new GenericContainer(IMAGES.s3)
        .withEnvironment(
          buckets.length === 0 ? {} : { COM_ADOBE_TESTING_S3MOCK_STORE_INITIAL_BUCKETS: buckets.join(',') },
        )
        .withExposedPorts({ container: S3MOCK_HTTP_PORT, host: port })
        .withWaitStrategy(Wait.forLogMessage(/Started S3MockApplication/)),
    );
    const address = `http://${loopbackOf(container.getHost())}:${String(port)}`;
    const env = { S3_ENDPOINT: address, ...STAND_IN_AWS_ENV };
    return { container, address, env, probe: () => probeS3(address, buckets.at(-1)) };
  });
}

/** Rejects with the last lines of the container's log, as Testcontainers removes one that fails. */
async function started(container: GenericContainer): Promise<StartedTestContainer> {
  let log = '';
  try {
    return await container
      .withLabels(ownLabels())
      .withLogConsumer((stream) => {
        stream.on('data', (chunk: Buffer) => (log = `${log}${chunk.toString()}`.slice(-LOG_TAIL_LENGTH)));
        stream.on('error', () => undefined); // the start tells
      })
      .withStartupTimeout(CONTAINER_TIMEOUT_MS)
      .start();
  } catch (error) {
    const lines = log.split(/\r?\n/).filter((line) => line.trim() !== '');
    const tail = lines.slice(-LOG_TAIL_LINES).map((line) => `\n  ${line}`);
    const end = tail.length === 0 ? '' : `. Its log ends with:${tail.join('')}\n`;
    throw new Error(`${(error as Error).message}${end}`, { cause: error });
  }
}

/** Docker publishes on IPv4 loopback for sure; `localhost` may be tried as ::1 first. */
function loopbackOf(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

/** The image's way of writing server.properties as variables: `.` is `_`, `_` is `__`, `-` is `___`. */
export function kafkaEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  const escapes: Readonly<Record<string, string>> = { '.': '_', _: '__', '-': '___' };
  const entries = Object.entries(settings).map(([key, value]) => {
    const name = key.replaceAll(/[._-]/g, (character) => escapes[character] ?? character);
    return [`KAFKA_${name.toUpperCase()}`, value] as const;
  });
  return Object.fromEntries(entries);
}

async function startContainer(
  name: string,
  kind: ServiceKind,
  engine: DockerEngine,
  launch: () => Promise<Launched>,
): Promise<ServiceHandle> {
  const { container, address, env, probe } = await retryTakenPorts(() => within(START_TIMEOUT_MS, launch()));
  const waitUntilReady = async (timeoutMs = READY_TIMEOUT_MS): Promise<void> => {
    await pollUntil(probe, { timeoutMs });
  };
  try {
    await waitUntilReady();
  } catch (error) {
    await within(STOP_TIMEOUT_MS, container.stop()).catch(() => undefined); // the reaper removes it
    throw new Error(`${IMAGES[kind]} at ${address}: ${(error as Error).message}`, { cause: error });
  }
  let stopped: Promise<unknown> | undefined;
  return {
    name,
    kind,
    origin: 'docker',
    address,
    env,
    ...refuseFaults(name, 'docker'),
    waitUntilReady,
    async stop() {
      try {
        await (stopped ??= within(STOP_TIMEOUT_MS, container.stop()));
      } catch (error) {
        const where = `the engine at ${engine.address.host}`;
        throw new Error(`${name}: ${where} did not stop it: ${(error as Error).message}`, { cause: error });
      }
    },
  };
}

/** Another process, or another container, may take a port between the look and the use. */
export function retryTakenPorts<T>(launch: () => Promise<T>): Promise<T> {
  return retryWhere(PORT_TAKEN, launch);
}

async function retryWhere<T>(passing: RegExp, launch: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch();
    } catch (error) {
      if (attempt >= TRIES || !(error instanceof Error) || !passing.test(error.message)) throw error;
    }
  }
}

/** Rejects when `work` is not settled in `timeoutMs`. */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`the Docker engine was not done in ${String(timeoutMs / 1000)} s`));
  }, timeoutMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
