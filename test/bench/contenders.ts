/** Who reads the benchmark's topic, and how one run of each is measured: from the first call to the last commit. */
import { randomUUID } from 'node:crypto';
import { readCpuMs } from './cpu.ts';
import type { StubStats } from './coupon-stub-client.ts';
import type { Lab } from './lab.ts';
import { until } from './until.ts';

export const IN_FLIGHT = 128;

export interface Run {
  readonly perSecond: number;
  /** CPU time of the contender's process an event, µs; NaN where the machine does not tell. */
  readonly cpuMicros: number;
  /** As the partner saw it, ms. */
  readonly serviceMs: number;
  readonly stats: StubStats;
  readonly seconds: number;
}

export interface Load {
  readonly topic: string;
  readonly events: number;
  readonly maxDelayMs: number;
  /** In each answer; default none. */
  readonly coupons?: number;
}

/** One pod with everything on. @throws Error where one of its promises is broken. */
export async function runPod(lab: Lab, load: Load, env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const pod = await lab.pod(load.topic, { COUPON_API_CONCURRENCY: String(IN_FLIGHT), ...env });
  await lab.stub.reset({ maxDelayMs: load.maxDelayMs, coupons: load.coupons ?? 0 });
  await pod.start();
  const pid = pod.pid() ?? 0;
  await lab.stub.watch(pid);
  const process = { isAlive: () => pod.isRunning(), logFile: pod.logFile };
  try {
    const run = await measure(lab, load, pod.groupId, pid, process);
    checkPod(load, run, await pod.status());
    return run;
  } finally {
    await pod.stop();
  }
}

/** kafkajs's eachMessage with got. */
export function runEachMessage(lab: Lab, load: Load): Promise<Run> {
  return runConsumer(lab, load, 'each-message');
}

/** A pod's hot path and nothing else. */
export function runSketch(lab: Lab, load: Load): Promise<Run> {
  return runConsumer(lab, load, 'sketch');
}

async function runConsumer(lab: Lab, load: Load, name: string): Promise<Run> {
  const group = `${name}-${randomUUID().slice(0, 8)}`;
  await lab.stub.reset({ maxDelayMs: load.maxDelayMs });
  const env = { TOPIC: load.topic, GROUP: group, URL: lab.stub.url, IN_FLIGHT: String(IN_FLIGHT) };
  const child = await lab.run(`${name}.ts`, env);
  await lab.stub.watch(child.pid);
  try {
    return await measure(lab, load, group, child.pid, child);
  } finally {
    void child.signal('SIGKILL');
    await child.exited;
  }
}

/** No Kafka at all: as many calls, to the last answer. */
export async function runBareUndici(lab: Lab, load: Omit<Load, 'topic'>, inFlight = IN_FLIGHT): Promise<Run> {
  await lab.stub.reset({ maxDelayMs: load.maxDelayMs });
  const env = { CALLS: String(load.events), IN_FLIGHT: String(inFlight), URL: lab.stub.url };
  const child = await lab.run('bare-undici.ts', env);
  await lab.stub.watch(child.pid);
  let cpuMs = NaN;
  while (child.isAlive()) {
    const now = readCpuMs(child.pid);
    if (now > 0) cpuMs = now;
    await Promise.race([child.exited, new Promise((resolve) => setTimeout(resolve, 20))]);
  }
  const stats = await lab.stub.stats();
  if (stats.answered !== load.events) throw new Error(`bare undici: ${String(stats.answered)} calls`);
  return describe(load, stats, stats.lastAnswerMs, cpuMs);
}

async function measure(
  lab: Lab,
  load: Load,
  groupId: string,
  pid: number,
  process: { isAlive(): boolean; readonly logFile: string },
): Promise<Run> {
  await until(
    'every event was asked for',
    async () => (await lab.stub.stats()).answered >= load.events,
    300_000,
    process,
    100,
  );
  let committedAtMs = 0;
  await until(
    'everything is committed',
    async () => {
      const { committed, end } = await lab.offsets(load.topic, groupId);
      committedAtMs = Date.now();
      return committed >= end;
    },
    60_000,
    process,
  );
  const cpuMs = readCpuMs(pid);
  return describe(load, await lab.stub.stats(), committedAtMs, cpuMs);
}

function describe(load: Pick<Load, 'events'>, stats: StubStats, endMs: number, cpuMs: number): Run {
  const seconds = (endMs - stats.firstCallMs) / 1000;
  return {
    perSecond: load.events / seconds,
    cpuMicros: ((cpuMs - stats.cpuAtFirstMs) * 1000) / load.events,
    serviceMs: stats.serviceMs / stats.answered,
    stats,
    seconds,
  };
}

/** The demo's checks, as far as this load can break them. */
function checkPod(
  load: Load,
  { stats }: Run,
  status:
    | {
        readonly events: {
          readonly received: number;
          readonly filtered: { readonly no_coupons: number; readonly rules_excluded: number };
        };
      }
    | undefined,
): void {
  const expected = (load.coupons ?? 0) > 0 ? 'rules_excluded' : 'no_coupons';
  const faults = [
    [stats.answered - load.events, 'calls too many'],
    [stats.overlaps, 'calls at once for one user'],
    [stats.disorder, 'events out of order'],
    [stats.repeated, 'events asked for twice'],
    [load.events - (status?.events.filtered[expected] ?? 0), 'events without their outcome'],
    [load.events - (status?.events.received ?? 0), 'events not received'],
  ] as const;
  const broken = faults.filter(([count]) => count !== 0).map(([count, what]) => `${String(count)} ${what}`);
  if (broken.length > 0) throw new Error(`a promise was broken: ${broken.join(', ')}`);
}
