/**
 * Where each service will come from: the environment, Docker, or this machine, in that order, and why.
 *
 * The looks cost nothing but time and start nothing. What is impossible is told once, for all services together,
 * with every way out.
 */
import { type ArtifactName, ARTIFACTS, isPrepared, redisBinaryName } from './artifacts.ts';
import { type DockerEngine, findDockerEngine } from './docker/find-engine.ts';
import type { ServicesOptions } from './options.ts';
import { ORIGINS, ORIGINS_VARIABLE, readOrigins } from './origins.ts';
import type { Origin, ServiceKind } from './service.ts';
import { findJava, findMaven, findRedisServer, MIN_JAVA_MAJOR } from './toolchain.ts';

/** One service to start. Extra Redis servers are never `given`. */
export interface Wanted {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly extra: boolean;
}

export type Choice =
  | { readonly origin: 'given'; readonly why: string; readonly address: string }
  | { readonly origin: 'docker'; readonly why: string; readonly engine: DockerEngine }
  | { readonly origin: 'local'; readonly why: string };

export interface Choices {
  readonly byName: ReadonlyMap<string, Choice>;
  /** What local services need that may have to be fetched first. */
  readonly artifacts: readonly ArtifactName[];
  /** Path of Java, where a local service needs it. */
  readonly java: string;
  readonly redisFromPath: boolean;
}

/** The environment variable that gives each kind's address. */
export const ADDRESS_VARIABLES = { kafka: 'KAFKA_BROKERS', redis: 'REDIS_URL', s3: 'S3_ENDPOINT' } as const;

/** Rejects with one message that names what is missing and every way to have it. */
export async function chooseOrigins(wanted: readonly Wanted[], options: ServicesOptions): Promise<Choices> {
  const { environment = process.env } = options;
  const { origins } = readWish(options);
  const byName = new Map<string, Choice>();
  for (const { name, kind, extra } of wanted) {
    const address = environment[ADDRESS_VARIABLES[kind]];
    if (origins.includes('given') && !extra && address !== undefined && address !== '') {
      byName.set(name, { origin: 'given', address, why: `${ADDRESS_VARIABLES[kind]} is set` });
    }
  }
  const rest = wanted.filter(({ name }) => !byName.has(name));
  const nothingLocal: Choices = { byName, artifacts: [], java: '', redisFromPath: false };
  if (rest.length === 0) return nothingLocal;

  const reasons: string[] = [];
  if (origins.includes('docker')) {
    const engine = await findDockerEngine(environment);
    if (engine.found) {
      const why = `a Docker engine answers: ${engine.version}`;
      for (const { name } of rest) byName.set(name, { origin: 'docker', why, engine });
      return nothingLocal;
    }
    const noDocker = `no Docker engine (${engine.why})`;
    options.say(noDocker);
    reasons.push(noDocker);
  }
  return mergeChoices(nothingLocal, await chooseLocal(rest, options, { reasons }));
}

/** Why something else was not taken. */
export interface Before {
  readonly reasons: readonly string[];
  /** Images that an engine lacks, where that is why. */
  readonly images?: readonly string[];
  /** An engine answers and did not start them. */
  readonly engineFailed?: boolean;
}

/** Takes this machine for all of `rest`. Rejects as {@link chooseOrigins} does, with what came before in the message. */
export async function chooseLocal(
  rest: readonly Wanted[],
  options: ServicesOptions,
  before: Before,
): Promise<Choices> {
  const { environment = process.env } = options;
  const wish = readWish(options);
  if (!wish.origins.includes('local')) throw new Error(describeDeadEnd(rest, wish, before));

  const [java, maven, redisServer] = await Promise.all([
    findJava(environment),
    findMaven(environment),
    findRedisServer(environment),
  ]);
  const redisFromPath = redisServer.found;
  const artifacts = [...new Set(rest.map(({ kind }) => artifactOf(kind, redisFromPath)))].filter(
    (name) => name !== undefined,
  );
  const mustFetch = artifacts.some((name) => !isPrepared(name));
  const missing: string[] = [];
  const needsJava = mustFetch || rest.some(({ kind }) => kind !== 'redis');
  if (needsJava && !java.found) missing.push(java.why);
  if (mustFetch && !maven.found) missing.push(maven.why);
  if (artifacts.includes('redis') && redisBinaryName() === undefined) {
    missing.push(`no redis-server on the PATH, and none to fetch for ${process.platform}-${process.arch}`);
  }
  if (missing.length > 0) {
    throw new Error(describeDeadEnd(rest, wish, { ...before, reasons: [...before.reasons, ...missing] }));
  }

  const byName = new Map<string, Choice>();
  for (const { name, kind } of rest) {
    const artifact = artifactOf(kind, redisFromPath);
    const what =
      artifact === undefined
        ? `redis-server ${redisServer.found ? redisServer.version : ''} of the PATH`
        : `${ARTIFACTS[artifact].title}${kind !== 'redis' && java.found ? ` on Java ${java.version}` : ''}`;
    byName.set(name, { origin: 'local', why: what });
  }
  return { byName, artifacts, java: java.found ? java.command : '', redisFromPath };
}

/** `later` wins where both have chosen. */
export function mergeChoices(earlier: Choices, later: Choices): Choices {
  return {
    byName: new Map([...earlier.byName, ...later.byName]),
    artifacts: [...new Set([...earlier.artifacts, ...later.artifacts])],
    java: later.java === '' ? earlier.java : later.java,
    redisFromPath: earlier.redisFromPath || later.redisFromPath,
  };
}

interface Wish {
  /** What the caller can use and the person wants. */
  readonly origins: readonly Origin[];
  /** What the caller could use and the person does not want. */
  readonly refused: readonly Origin[];
}

function readWish({ origins = ORIGINS, allowed, environment = process.env }: ServicesOptions): Wish {
  const wanted = allowed ?? readOrigins(environment[ORIGINS_VARIABLE], ORIGINS_VARIABLE) ?? ORIGINS;
  return {
    origins: origins.filter((origin) => wanted.includes(origin)),
    refused: origins.filter((origin) => !wanted.includes(origin)),
  };
}

function artifactOf(kind: ServiceKind, redisFromPath: boolean): ArtifactName | undefined {
  if (kind === 'kafka') return 'kafka';
  if (kind === 's3') return 's3mock';
  return redisFromPath ? undefined : 'redis';
}

/** Names the ways out that the caller would take. */
function describeDeadEnd(
  rest: readonly Wanted[],
  wish: Wish,
  { reasons, images = [], engineFailed = false }: Before,
): string {
  const { origins, refused } = wish;
  const variables = [
    ...new Set(rest.filter(({ extra }) => !extra).map(({ kind }) => ADDRESS_VARIABLES[kind])),
  ];
  const engine = engineFailed
    ? 'a Docker engine that starts them'
    : 'Docker with a running engine (`docker version` shows a server)';
  const docker =
    images.length === 0
      ? engine
      : `on the engine ${images.join(', ')}: \`docker pull\` by hand (after \`docker login\`, where a limit was met), ` +
        '`docker load` where there is no network, or a mirror in TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX';
  const ways = [
    ...(origins.includes('docker') ? [docker] : []),
    ...(origins.includes('local')
      ? [
          `Java ${String(MIN_JAVA_MAJOR)} or newer and Maven on the PATH (Debian: apt-get install default-jre-headless maven)`,
        ]
      : []),
    ...(origins.includes('given') && variables.length > 0
      ? [`the address of a running one in ${variables.join(', ')}`]
      : []),
    ...(refused.length > 0
      ? [`${refused.join(' or ')} among the origins asked for (${ORIGINS_VARIABLE}, --origins)`]
      : []),
  ];
  return [
    `Cannot start ${rest.map(({ name }) => name).join(', ')}: ${reasons.join('; ') || 'nothing that may serve is there'}.`,
    ways.length > 1 ? 'One of these is needed:' : 'Needed:',
    ...ways.map((way, at) => `  - ${way}${at < ways.length - 1 ? ', or' : ''}`),
  ].join('\n');
}
