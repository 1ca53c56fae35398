/**
 * Services as containers, by Testcontainers, which is loaded only here and only when a container is wanted: it is
 * a development dependency, absent from production images. Its reaper container removes everything when this
 * process ends, however it ends.
 *
 * A Kafka client is sent to the address that the broker advertises, so that address must be known before the
 * broker starts: its host port is chosen here instead of by Docker, and the broker listens on the same number
 * inside, so that one listener serves.
 */
import type { GenericContainer, StartedTestContainer } from 'testcontainers';

import { KAFKA_VERSION, S3MOCK_VERSION } from './artifacts.ts';
import { findFreePorts } from './free-ports.ts';
import { kafkaProperties } from './local-kafka.ts';
import { redisArgs } from './local-redis.ts';
import type { KafkaOptions, RedisOptions, S3Options } from './options.ts';
import { pollUntil, probeKafka, probeRedis, probeS3 } from './readiness.ts';
import { refuseFaults, type ServiceHandle, type ServiceKind, STAND_IN_AWS_ENV } from './service.ts';

const KAFKA_IMAGE = `apache/kafka:${KAFKA_VERSION}`;
const REDIS_IMAGE = 'redis:7.4-alpine';
const S3MOCK_IMAGE = `adobe/s3mock:${S3MOCK_VERSION}`;
const REDIS_PORT = 6379;
const S3MOCK_HTTP_PORT = 9090;
const CONTROLLER_PORT = 9093;

/** Images may have to be pulled first. */
const CONTAINER_TIMEOUT_MS = 180_000;
const READY_TIMEOUT_MS = 60_000;
const PORT_TRIES = 4;
const PORT_TAKEN = /port is already allocated|address already in use|ports are not available/i;

interface Launched {
  readonly container: StartedTestContainer;
  readonly address: string;
  readonly env: Readonly<Record<string, string>>;
  readonly probe: () => Promise<void>;
}

/** Kafka in a container, reached from this host. */
export function startDockerKafka(options: KafkaOptions): Promise<ServiceHandle> {
  return startContainer('kafka', 'kafka', async () => {
    const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
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
      new GenericContainer(KAFKA_IMAGE)
        .withEnvironment({ ...kafkaEnvironment(settings), KAFKA_HEAP_OPTS: '-Xmx640m' })
        .withExposedPorts({ container: port, host: port })
        .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/)),
    );
    return { container, address, env: { KAFKA_BROKERS: address }, probe: () => probeKafka(address) };
  });
}

/** Redis in a container. */
export function startDockerRedis(name: string, options: RedisOptions): Promise<ServiceHandle> {
  return startContainer(name, 'redis', async () => {
    const { GenericContainer, Wait } = await import('testcontainers');
    const container = await started(
      new GenericContainer(REDIS_IMAGE)
        .withCommand(['redis-server', ...redisArgs(options)])
        .withExposedPorts(REDIS_PORT)
        .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/)),
    );
    const address = `redis://${loopbackOf(container.getHost())}:${String(container.getMappedPort(REDIS_PORT))}`;
    return { container, address, env: { REDIS_URL: address }, probe: () => probeRedis(address) };
  });
}

/** S3Mock in a container. */
export function startDockerS3({ buckets = [] }: S3Options): Promise<ServiceHandle> {
  return startContainer('s3', 's3', async () => {
    const { GenericContainer, Wait } = await import('testcontainers');
    const container = await started(
      new GenericContainer(S3MOCK_IMAGE)
        .withEnvironment(
          buckets.length === 0 ? {} : { COM_ADOBE_TESTING_S3MOCK_STORE_INITIAL_BUCKETS: buckets.join(',') },
        )
        .withExposedPorts(S3MOCK_HTTP_PORT)
        .withWaitStrategy(Wait.forLogMessage(/Started S3MockApplication/)),
    );
    const address = `http://${loopbackOf(container.getHost())}:${String(container.getMappedPort(S3MOCK_HTTP_PORT))}`;
    const env = { S3_ENDPOINT: address, ...STAND_IN_AWS_ENV };
    return { container, address, env, probe: () => probeS3(address, buckets.at(-1)) };
  });
}

function started(container: GenericContainer): Promise<StartedTestContainer> {
  return container.withStartupTimeout(CONTAINER_TIMEOUT_MS).start();
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
  launch: () => Promise<Launched>,
): Promise<ServiceHandle> {
  const { container, address, env, probe } = await launchOnFreePort(launch);
  const waitUntilReady = async (timeoutMs = READY_TIMEOUT_MS): Promise<void> => {
    await pollUntil(probe, { timeoutMs });
  };
  try {
    await waitUntilReady();
  } catch (error) {
    await container.stop();
    throw new Error(`${name} in Docker at ${address}: ${(error as Error).message}`, { cause: error });
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
      await (stopped ??= container.stop());
    },
  };
}

async function launchOnFreePort(launch: () => Promise<Launched>): Promise<Launched> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch();
    } catch (error) {
      if (attempt >= PORT_TRIES || !(error instanceof Error) || !PORT_TAKEN.test(error.message)) throw error;
    }
  }
}
