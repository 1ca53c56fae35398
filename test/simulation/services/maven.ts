/**
 * One run of Maven that copies and unpacks artifacts, under a guard: a process killed in the middle leaves no
 * Maven running and no half-filled folder. Downloads land in the user's Maven repository as usual.
 *
 * Progress is read from Maven's log: on a terminal one line that is rewritten, elsewhere a line every ten seconds.
 */
import { mkdtemp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { openGuard } from './guarded-process.ts';
import { inheritedEnvironment, readTail } from './local-service.ts';
import type { Say } from './service.ts';

const PLUGIN_VERSION = '3.8.1';
const TERMINAL_INTERVAL_MS = 500;
const LINE_INTERVAL_MS = 10_000;

export interface Artifact {
  readonly title: string;
  /** Name of the folder that it fills; changes with every version. */
  readonly folder: string;
  /** Copied with all they depend on. */
  readonly dependencies?: readonly string[];
  /** One artifact, copied as it is. */
  readonly copy?: string;
  /** One archive, unpacked. */
  readonly unpack?: string;
}

export interface MavenRun {
  readonly artifacts: readonly Artifact[];
  /** Existing folder for the work; on the file system where the results are to stay, as they are renamed. */
  readonly workParent: string;
  readonly say: Say;
  /** Called after success, before the work folder is removed, to move each artifact's folder away. */
  readonly take: (outputOf: (artifact: Artifact) => string) => Promise<void>;
}

/** Rejects with the end of Maven's output when it fails. */
export async function runMaven({ artifacts, workParent, say, take }: MavenRun): Promise<void> {
  const work = await mkdtemp(join(workParent, '.preparing-'));
  const guard = openGuard(work);
  const outputOf = (artifact: Artifact): string => join(work, artifact.folder);
  const logFile = join(work, 'maven.log');
  const stopProgress = showProgress(logFile, say);
  try {
    for (const artifact of artifacts) await mkdir(outputOf(artifact));
    await writeFile(join(work, 'pom.xml'), renderPom(artifacts, outputOf));
    const args = ['-Dstyle.color=never', '-f', join(work, 'pom.xml'), 'validate'];
    const env = inheritedEnvironment();
    const maven = await guard.run({ command: 'mvn', args, cwd: work, env, logFile });
    const { code, signal } = await maven.exited;
    stopProgress();
    if (code !== 0) {
      const end = signal ?? `exit code ${String(code)}`;
      throw new Error(
        `Maven could not fetch the services (${end}). Its output ends with:\n${await readTail(logFile)}`,
      );
    }
    await take(outputOf);
  } finally {
    stopProgress();
    await guard.close();
  }
}

/** A POM whose `validate` phase fills one folder an artifact; of several with dependencies it keeps all in each. */
function renderPom(artifacts: readonly Artifact[], outputOf: (artifact: Artifact) => string): string {
  const executions = artifacts.map((artifact, index) => {
    const goal =
      artifact.dependencies !== undefined
        ? 'copy-dependencies'
        : artifact.copy !== undefined
          ? 'copy'
          : 'unpack';
    const single = artifact.copy ?? artifact.unpack;
    const items =
      single === undefined
        ? ''
        : `<artifactItems><artifactItem>${renderCoordinates(single)}</artifactItem></artifactItems>`;
    return (
      `<execution><id>e${String(index)}</id><phase>validate</phase><goals><goal>${goal}</goal></goals>` +
      `<configuration><outputDirectory>${escapeXml(outputOf(artifact))}</outputDirectory>${items}</configuration></execution>`
    );
  });
  const dependencies = artifacts
    .flatMap((artifact) => artifact.dependencies ?? [])
    .map((coordinates) => `<dependency>${renderCoordinates(coordinates)}</dependency>`);
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>coupon-push-notifier</groupId><artifactId>local-services</artifactId><version>1</version>
<packaging>pom</packaging>
<dependencies>${dependencies.join('\n')}</dependencies>
<build><plugins><plugin>
<groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId>
<version>${PLUGIN_VERSION}</version>
<executions>${executions.join('\n')}</executions>
</plugin></plugins></build>
</project>
`;
}

function renderCoordinates(coordinates: string): string {
  const [group = '', artifact = '', version = '', classifier] = coordinates.split(':').map(escapeXml);
  return (
    `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>` +
    (classifier === undefined ? '' : `<classifier>${classifier}</classifier>`)
  );
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const UNIT_MEGABYTES: Readonly<Record<string, number>> = { B: 1e-6, kB: 1e-3, MB: 1, GB: 1e3 };

/** Megabytes that Maven's log says were downloaded, those of files not yet complete included. */
export function readDownloadedMegabytes(log: string): number {
  let megabytes = 0;
  for (const [, amount = '0', unit = 'B'] of log.matchAll(/Downloaded from [^(\n]*\(([\d.]+) ([kMG]?B)/g)) {
    megabytes += Number(amount) * (UNIT_MEGABYTES[unit] ?? 0);
  }
  const running = /Progress \(\d+\): ([^\r\n]*)\s*$/.exec(log)?.[1] ?? '';
  for (const [, amount = '0', unit = 'B'] of running.matchAll(/([\d.]+)(?:\/[\d.]+)? ([kMG]?B)/g)) {
    megabytes += Number(amount) * (UNIT_MEGABYTES[unit] ?? 0);
  }
  return megabytes;
}

function showProgress(logFile: string, say: Say): () => void {
  const startedAt = performance.now();
  const terminal = process.stderr.isTTY;
  const timer = setInterval(
    () => {
      void readFile(logFile, 'utf8').then(
        (log) => {
          if (ended) return;
          const elapsedSeconds = Math.round((performance.now() - startedAt) / 1000);
          const text = `fetching: ${String(elapsedSeconds)} s, ${readDownloadedMegabytes(log).toFixed(1)} MB so far`;
          if (terminal) process.stderr.write(`\r\u001b[K${text}`);
          else say(text);
        },
        () => undefined, // not there yet
      );
    },
    terminal ? TERMINAL_INTERVAL_MS : LINE_INTERVAL_MS,
  );
  let ended = false;
  return () => {
    if (ended) return;
    ended = true;
    clearInterval(timer);
    if (terminal) process.stderr.write('\r\u001b[K');
  };
}
