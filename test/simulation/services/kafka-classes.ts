/**
 * An archive of the classes that a broker loads: with it, Java neither reads nor checks each of them again at every
 * start, which is half of what a broker's start costs. Made once a machine, by a broker that is started for it and
 * stopped again; its name tells Kafka's version and the Java that made it. Where it can't be made, brokers start
 * without one.
 */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';

import { artifactDirectory } from './artifacts.ts';
import { kafkaProperties, newClusterId, planBroker } from './broker-plan.ts';
import { startLocalService } from './local-service.ts';

const HEAP_MEGABYTES = 256;

/** By Java's path. */
const known = new Map<string, Promise<readonly string[]>>();

/** What a JVM of Kafka's is told to use the archive. @param java path, or a command, of a Java 17 or newer. */
export function classFlags(java: string): Promise<readonly string[]> {
  const before = known.get(java);
  if (before !== undefined) return before;
  const flags = findArchive(java);
  known.set(java, flags);
  return flags;
}

async function findArchive(java: string): Promise<readonly string[]> {
  // An archive serves the very Java that made it.
  const { stderr } = await promisify(execFile)(java, ['-version']);
  const mark = createHash('sha256').update(stderr).digest('hex').slice(0, 12);
  const archive = `${artifactDirectory('kafka')}-classes-${mark}.jsa`;
  if (!existsSync(archive)) await makeArchive(java, archive).catch(() => undefined);
  return existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : [];
}

/** Java writes the archive as the broker ends. Two processes that make it at once do the work twice. */
async function makeArchive(java: string, archive: string): Promise<void> {
  const draft = `${archive}.${randomUUID()}`;
  const broker = await startLocalService({
    name: 'kafka-classes',
    kind: 'kafka',
    portCount: 2,
    plan(directory, ports) {
      const [address = '', controller = ''] = ports.map((port) => `127.0.0.1:${String(port)}`);
      const settings = {
        ...kafkaProperties({}),
        'controller.quorum.voters': `1@${controller}`,
        listeners: `PLAINTEXT://${address},CONTROLLER://${controller}`,
        'advertised.listeners': `PLAINTEXT://${address}`,
      };
      return planBroker({
        ...{ directory, address, settings, java, clusterId: newClusterId(), heapMegabytes: HEAP_MEGABYTES },
        classFlags: [],
        jvmFlags: [`-XX:ArchiveClassesAtExit=${draft}`],
      });
    },
  });
  try {
    await broker.kill('SIGTERM');
    await rename(draft, archive);
  } finally {
    await broker.stop();
    await rm(draft, { force: true });
  }
}
