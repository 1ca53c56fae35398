/**
 * The rival in Java, built by Maven once for each version of its source, into `.cache`. The folder appears by one
 * rename when it is complete.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inheritedEnvironment } from '../simulation/services/local-service.ts';
import { findJava, findMaven, type Found } from '../simulation/services/toolchain.ts';
import type { Lab } from './lab.ts';

const CACHE = new URL('../../.cache/', import.meta.url).pathname;
const SOURCE = new URL('./runs/parallel-consumer/', import.meta.url).pathname;
const POM = join(SOURCE, 'pom.xml');
const MAIN = 'src/main/java/Contender.java';

export type JavaProgram = Found<{ readonly command: string; readonly args: readonly string[] }>;

/** Says how Parallel Consumer's contender is run here, or why it can't be. Never rejects for want of a tool. */
export async function buildParallelConsumer(lab: Lab): Promise<JavaProgram> {
  const java = await findJava(process.env);
  if (!java.found) return java;
  const hash = createHash('sha256');
  for (const file of [POM, join(SOURCE, MAIN)]) hash.update(await readFile(file));
  const place = join(CACHE, `parallel-consumer-${hash.digest('hex').slice(0, 12)}`);
  if (!existsSync(place)) {
    const maven = await findMaven(process.env);
    if (!maven.found) return maven;
    const fault = await build(lab, place);
    if (fault !== undefined) return { found: false, why: fault };
  }
  const classPath = [join(place, 'classes'), join(place, 'lib', '*')].join(':');
  const args = ['-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', classPath, 'Contender'];
  return { found: true, command: java.command, args };
}

/** @returns what Maven says is wrong; undefined where it has built. */
async function build(lab: Lab, place: string): Promise<string | undefined> {
  lab.say('  building Parallel Consumer’s contender by Maven, once (31 MB)');
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, '.building-'));
  try {
    const args = ['-B', '-Dstyle.color=never', '-f', POM, `-Dout=${work}`, 'compile'];
    const maven = await lab.start('maven', 'mvn', args, inheritedEnvironment());
    const { code } = await maven.exited;
    const log = await readFile(maven.logFile, 'utf8');
    if (code !== 0) return `Maven: ${/^\[ERROR\] (.*)$/m.exec(log)?.[1] ?? `exit code ${String(code)}`}`;
    await rename(work, place);
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
