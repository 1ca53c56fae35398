/**
 * Where each service will come from: the environment, Docker, or this machine, in that order, and why.
 *
 * The looks cost nothing but time and start nothing. What is impossible is told once, for all services together,
 * with every way out.
 */
import { type ArtifactName, ARTIFACTS, isPrepared, redisBinaryName } from './artifacts.ts';
import type { ServicesOptions } from './options.ts';
import type { Origin, ServiceKind } from './service.ts';
import { findDockerEngine, findJava, findMaven, findRedisServer, MIN_JAVA_MAJOR } from './toolchain.ts';

/** One service to start. Extra Redis servers are never `given`. */
export interface Wanted {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly extra: boolean;
}

export type Choice =
  | { readonly origin: 'given'; readonly why: string; readonly address: string }
  | { readonly origin: 'docker'; readonly why: string }
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
  const { origins = ['given', 'docker', 'local'], environment = process.env } = options;
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

  let noDocker = 'Docker was not asked for';
  if (origins.includes('docker')) {
    const engine = await findDockerEngine(environment);
    if (engine.found) {
      const why = `a Docker engine answers (${engine.version})`;
      for (const { name } of rest) byName.set(name, { origin: 'docker', why });
      return nothingLocal;
    }
    noDocker = `no Docker engine (${engine.why})`;
    options.say(noDocker);
  }
  if (!origins.includes('local')) throw new Error(describeDeadEnd(rest, origins, [noDocker]));

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
  if (missing.length > 0) throw new Error(describeDeadEnd(rest, origins, [noDocker, ...missing]));

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

function artifactOf(kind: ServiceKind, redisFromPath: boolean): ArtifactName | undefined {
  if (kind === 'kafka') return 'kafka';
  if (kind === 's3') return 's3mock';
  return redisFromPath ? undefined : 'redis';
}

/** Names the ways out that the caller would take. */
function describeDeadEnd(
  rest: readonly Wanted[],
  origins: readonly Origin[],
  reasons: readonly string[],
): string {
  const variables = [
    ...new Set(rest.filter(({ extra }) => !extra).map(({ kind }) => ADDRESS_VARIABLES[kind])),
  ];
  const ways = [
    ...(origins.includes('docker') ? ['Docker with a running engine (`docker version` shows a server)'] : []),
    ...(origins.includes('local')
      ? [
          `Java ${String(MIN_JAVA_MAJOR)} or newer and Maven on the PATH (Debian: apt-get install default-jre-headless maven)`,
        ]
      : []),
    ...(origins.includes('given') && variables.length > 0
      ? [`the address of a running one in ${variables.join(', ')}`]
      : []),
  ];
  return [
    `Cannot start ${rest.map(({ name }) => name).join(', ')}: ${reasons.join('; ')}.`,
    ways.length > 1 ? 'One of these is needed:' : 'Needed:',
    ...ways.map((way, at) => `  - ${way}${at < ways.length - 1 ? ', or' : ''}`),
  ].join('\n');
}
