/** What the scenario of the alerts does to pods and their services, beside what a scenario can do anyway. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdtemp, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { createS3 } from '../../../src/documents/s3-client.ts';
import { putDocument } from '../../../src/documents/s3-object.ts';
import type { PodProcess } from '../../simulation/demo/pods.ts';
import type { SourceEdit } from '../../tools/planted-fault.ts';
import { eventAt, eventually, type Scenario } from '../pods/scenario.ts';

export interface Load {
  /** Events go on, or stop: nobody's twice, each at a shop with a coupon. */
  run(on: boolean): void;
  stop(): Promise<void>;
}

const TICK_MS = 250;
const LIFE_MS = 3000;
const EVENTS_A_TICK = 8;

/** 32 events a second of as many users, from the first `run(true)` on. */
export async function openLoad({ kafka, names, city }: Scenario): Promise<Load> {
  const producer = kafka.producer();
  await producer.connect();
  let users = 0;
  let isOn = false;
  let sending: Promise<unknown> | undefined;
  const send = (): Promise<unknown> =>
    producer.send({
      topic: names.topic,
      messages: Array.from({ length: EVENTS_A_TICK }, () => {
        users += 1;
        const event = eventAt(city, { userId: `${names.idPrefix}${String(users)}` });
        return { key: String(event['userId']), value: JSON.stringify(event) };
      }),
    });
  const timer = setInterval(() => {
    if (isOn) sending ??= send().finally(() => (sending = undefined));
  }, TICK_MS);
  return {
    run(on) {
      isOn = on;
    },
    async stop() {
      clearInterval(timer);
      await sending;
      await producer.disconnect();
    },
  };
}

/** Before any pod runs: the group has committed the beginning, and Kafka has deleted what lay there. */
export async function loseUnreadOffsets({ kafka, names, produce, city }: Scenario): Promise<void> {
  await produce(Array.from({ length: 60 }, (_, n) => eventAt(city, { userId: `gone-${String(n)}` })));
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(names.topic);
  const partitions = ends.map(({ partition }) => ({ partition, offset: '0' }));
  await admin.setOffsets({ groupId: names.groupId, topic: names.topic, partitions });
  await admin.deleteTopicRecords({
    topic: names.topic,
    partitions: ends.map(({ partition, high }) => ({ partition, offset: high })),
  });
  await admin.disconnect();
}

/** A document of some pods' own. @param uri where none is yet. */
export async function putAt(uri: string, text: string): Promise<void> {
  const [endpoint, region] = ['S3_ENDPOINT', 'AWS_REGION'].map((name) => inject('services')[name]);
  const s3 = createS3({ endpoint, region });
  await putDocument(s3, uri, text, { ifNoneMatch: '*' });
  s3.destroy();
}

/** A defect, and a log that holds a KB in place of a MB while nobody reads it. */
const SICK: readonly SourceEdit[] = [
  {
    file: 'pipeline/process-event.ts',
    find: '    const claim = await resumeClaim(context);',
    replace: [
      "    if (context.event.userId.startsWith('defect-')) throw new TypeError('a planted defect');",
      '    const claim = await resumeClaim(context);',
    ].join('\n'),
  },
  {
    file: 'telemetry/log-output.ts',
    find: 'const MAX_KEPT_BYTES = 1024 * 1024;',
    replace: 'const MAX_KEPT_BYTES = 1024;',
  },
];

export interface SickDirectory {
  /** The environment of a pod that is to have the defects. */
  readonly env: Readonly<Record<string, string>>;
  /** Before its start: its standard output becomes a pipe that nobody reads. @returns what ends that. */
  prepare(pod: PodProcess): Promise<() => Promise<void>>;
}

export async function openSickDirectory(): Promise<SickDirectory> {
  const directory = await mkdtemp(join(tmpdir(), 'sick-'));
  const preload = pathToFileURL(join(import.meta.dirname, '../hazards/hazard-preload.ts')).href;
  return {
    env: { HAZARD_DIRECTORY: directory, NODE_OPTIONS: `--import=${preload}` },
    async prepare(pod) {
      await writeFile(join(directory, `${pod.name}.edits`), JSON.stringify(SICK));
      await promisify(execFile)('mkfifo', [pod.logFile]);
      // Open at this end too, or the pod's own open would wait for it.
      const pipe = await open(pod.logFile, constants.O_RDWR | constants.O_NONBLOCK);
      return () => pipe.close();
    },
  };
}

/**
 * Killed and started again so many times; `seen` resolves when a process that was started since then has been. Each
 * lives on for a while: Prometheus sees a restart by an uptime that is below the last one.
 */
export async function restart(
  pod: PodProcess,
  times: number,
  seen: (sinceMs: number) => Promise<void>,
): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await pod.kill();
    const sinceMs = performance.now();
    await pod.start();
    await seen(sinceMs);
    await sleep(LIFE_MS);
  }
}

/** Every pod that runs is well by its own account, everything is committed, and no push waits. */
export function untilWell({ pods }: Scenario): Promise<void> {
  return eventually(async () => {
    for (const pod of pods.filter((one) => one.isRunning())) {
      const status = await pod.status();
      const { waiting, active, delayed } = status?.queue ?? { waiting: 1, active: 0, delayed: 0 };
      const isBehind = status?.partitions.some(({ lag }) => lag !== 0) ?? true;
      if (status?.condition !== 'ok' || isBehind || waiting + active + delayed > 0)
        throw new Error(`${pod.name} is not well: ${JSON.stringify(status)}`);
    }
  });
}
