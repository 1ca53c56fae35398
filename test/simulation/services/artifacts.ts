/**
 * The software of local services, from Maven Central: which artifacts, and where they lie once prepared.
 *
 * Prepared means: in a folder of the user's cache directory, named for its versions, that a start only reads. So
 * a second start needs neither Maven nor the network. A folder appears by one rename when it is complete:
 * processes that prepare at the same time do the work twice at worst, and never see half of it.
 */
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { type Artifact, runMaven } from './maven.ts';
import type { Say } from './service.ts';

export const KAFKA_VERSION = '4.1.1';
export const S3MOCK_VERSION = '4.9.1';
const LOG4J_VERSION = '2.24.3';
const EMBEDDED_REDIS_VERSION = '1.4.3';

export type ArtifactName = 'kafka' | 's3mock' | 'redis';

/** Coordinates are `group:artifact:version[:classifier]`. */
export const ARTIFACTS: Readonly<Record<ArtifactName, Artifact>> = {
  kafka: {
    title: `Apache Kafka ${KAFKA_VERSION}`,
    folder: `kafka-${KAFKA_VERSION}`,
    dependencies: [
      `org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`,
      `org.apache.logging.log4j:log4j-slf4j-impl:${LOG4J_VERSION}`,
    ],
  },
  s3mock: {
    title: `Adobe S3Mock ${S3MOCK_VERSION}`,
    folder: `s3mock-${S3MOCK_VERSION}`,
    copy: `com.adobe.testing:s3mock:${S3MOCK_VERSION}:exec`,
  },
  redis: {
    title: `Redis (embedded-redis ${EMBEDDED_REDIS_VERSION})`,
    folder: `embedded-redis-${EMBEDDED_REDIS_VERSION}`,
    unpack: `com.github.codemonstur:embedded-redis:${EMBEDDED_REDIS_VERSION}`,
  },
};

const REDIS_BINARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'redis-server-6.2.6-v5-linux-amd64',
  'linux-arm64': 'redis-server-6.2.7-linux-arm64',
  'darwin-x64': 'redis-server-6.2.6-v5-darwin-amd64',
  'darwin-arm64': 'redis-server-6.2.6-v5-darwin-arm64',
};

/** Path of this machine's Redis binary inside the unpacked artifact, or undefined where there is none. */
export function redisBinaryName(): string | undefined {
  return REDIS_BINARIES[`${process.platform}-${process.arch}`];
}

/** The cache directory: XDG_CACHE_HOME, else the system's usual place below the home directory. */
function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env['XDG_CACHE_HOME'];
  const usual =
    process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache');
  return join(xdg === undefined || xdg === '' ? usual : xdg, 'coupon-push-notifier');
}

/** Where an artifact lies once prepared. */
export function artifactDirectory(name: ArtifactName, cache = cacheDirectory()): string {
  return join(cache, ARTIFACTS[name].folder);
}

export function isPrepared(name: ArtifactName, cache = cacheDirectory()): boolean {
  return existsSync(artifactDirectory(name, cache));
}

/**
 * Prepares whatever of `names` is missing, by one run of Maven; says what it does and how far it is. Rejects with
 * the end of Maven's output when that fails (no network, no space).
 */
export async function prepareArtifacts(
  names: readonly ArtifactName[],
  say: Say,
  cache = cacheDirectory(),
): Promise<void> {
  const missing = names.filter((name) => !isPrepared(name, cache));
  if (missing.length === 0) return;
  await mkdir(cache, { recursive: true });
  const titles = missing.map((name) => ARTIFACTS[name].title).join(', ');
  say(`fetching ${titles} by Maven, once, into ${cache}`);
  await runMaven({
    artifacts: missing.map((name) => ARTIFACTS[name]),
    workParent: cache,
    say,
    async take(outputOf) {
      for (const name of missing) {
        const output = outputOf(ARTIFACTS[name]);
        const binary = redisBinaryName();
        if (name === 'redis' && binary !== undefined) await chmod(join(output, binary), 0o755);
        await moveIntoPlace(output, artifactDirectory(name, cache));
      }
    },
  });
}

async function moveIntoPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
    await rm(from, { recursive: true, force: true }); // another process was first, with the same
  }
}
