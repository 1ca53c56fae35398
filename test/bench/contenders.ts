/** Who reads the benchmark's topic, and how one run of each is measured: from the first call to the last commit. */
import { randomUUID } from 'node:crypto';
import type { Status } from '../../src/ops/status.ts';
import { readReport } from './child.ts';
import { emptyMixedAnswers } from './coupon-answers.ts';
import { readCpuMs, readPeakRssMib } from './cpu.ts';
import type { StubSettings, StubStats } from './coupon-stub-client.ts';
import type { Lab, LoggedChild } from './lab.ts';
import { until } from './until.ts';

export const IN_FLIGHT = 128;
/** A contender that is slower than this is stuck. */
const MAX_MS_AN_EVENT = 2;

export interface Run {
  readonly perSecond: number;
  /** CPU time of the contender's process an event, µs; NaN where the machine does not tell. */
  readonly cpuMicros: number;
  /** As the partner saw it, ms. */
  readonly serviceMs: number;
  readonly stats: StubStats;
  readonly seconds: number;
  /** The most that the contender's process ever had, MiB; NaN where the machine does not tell. */
  readonly peakRssMib: number;
}

export interface Load extends Pick<StubSettings, 'maxDelayMs' | 'coupons' | 'marks'> {
  readonly topic: string;
  readonly events: number;
}

/**
 * One pod with everything on. @throws Error where one of its promises is broken.
 *
 * @param beside what goes on meanwhile, from when the pod is ready: begins it, and returns what ends it.
 */
export async function runPod(
  lab: Lab,
  load: Load,
  env: Readonly<Record<string, string>> = {},
  beside?: (url: string) => Promise<() => Promise<void>>,
): Promise<Run> {
  const pod = await lab.pod(load.topic, { COUPON_API_CONCURRENCY: String(IN_FLIGHT), ...env });
  await lab.stub.reset(stubSettings(load));
  await pod.start();
  const pid = pod.pid() ?? 0;
  await lab.stub.watch(pid);
  const process = { isAlive: () => pod.isRunning(), logFile: pod.logFile };
  let end: (() => Promise<void>) | undefined;
  try {
    if (beside !== undefined) {
      await pod.waitUntilReady();
      end = await beside(pod.url);
    }
    const run = await measure(lab, load, pod.groupId, pid, process);
    checkPod(load, run, await pod.status());
    return run;
  } finally {
    await end?.();
    await pod.stop();
  }
}

/** kafkajs's eachMessage with got. */
export function runEachMessage(lab: Lab, load: Load): Promise<Run> {
  return runConsumer(lab, load, (env) => lab.run('each-message.ts', env));
}

/** A pod's hot path and nothing else. */
export function runSketch(lab: Lab, load: Load): Promise<Run> {
  return runConsumer(lab, load, (env) => lab.run('sketch.ts', env));
}

/**
 * Parallel Consumer on Vert.x with a pod's hot path.
 * @throws Error where an order was broken, or an event or its answer was not what it should be.
 */
export function runParallelConsumer(
  lab: Lab,
  load: Load,
  { command, args }: { readonly command: string; readonly args: readonly string[] },
): Promise<Run> {
  return runConsumer(
    lab,
    load,
    (env) => lab.start('parallel-consumer', command, args, env),
    async (run, child) => {
      void child.signal('SIGTERM');
      const told = await readReport<Decided & { readonly failed: number }>('Parallel Consumer', child);
      refuse([...faultsSeen(load, run), ...faultsDecided(load, told), [told.failed, 'events failed']]);
    },
  );
}

/** @param check asks the contender, while it is alive, what it has done. */
async function runConsumer(
  lab: Lab,
  load: Load,
  start: (env: Readonly<Record<string, string>>) => Promise<LoggedChild>,
  check: (run: Run, child: LoggedChild) => Promise<void> = () => Promise.resolve(),
): Promise<Run> {
  const group = `contender-${randomUUID().slice(0, 8)}`;
  await lab.stub.reset(stubSettings(load));
  const child = await start({
    TOPIC: load.topic,
    GROUP: group,
    URL: lab.stub.url,
    IN_FLIGHT: String(IN_FLIGHT),
  });
  await lab.stub.watch(child.pid);
  try {
    const run = await measure(lab, load, group, child.pid, child);
    await check(run, child);
    return run;
  } finally {
    void child.signal('SIGKILL');
    await child.exited;
  }
}

/** No Kafka at all: as many calls, to the last answer. */
export async function runBareUndici(lab: Lab, load: Omit<Load, 'topic'>, inFlight = IN_FLIGHT): Promise<Run> {
  await lab.stub.reset(stubSettings(load));
  const env = { CALLS: String(load.events), IN_FLIGHT: String(inFlight), URL: lab.stub.url };
  const child = await lab.run('bare-undici.ts', env);
  await lab.stub.watch(child.pid);
  let cpuMs = NaN;
  let peakRssMib = NaN;
  while (child.isAlive()) {
    const now = readCpuMs(child.pid);
    if (now > 0) cpuMs = now;
    const peak = readPeakRssMib(child.pid);
    if (peak > 0) peakRssMib = peak;
    await Promise.race([child.exited, new Promise((resolve) => setTimeout(resolve, 20))]);
  }
  const stats = await lab.stub.stats();
  refuse([[stats.answered - load.events, 'bare calls too many']]);
  return describe(load, stats, stats.lastAnswerMs, cpuMs, peakRssMib);
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
    Math.max(300_000, load.events * MAX_MS_AN_EVENT),
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
  return describe(load, await lab.stub.stats(), committedAtMs, cpuMs, readPeakRssMib(pid));
}

function stubSettings({ maxDelayMs, coupons = 0, marks = [] }: Omit<Load, 'topic'>): StubSettings {
  return { maxDelayMs, coupons, marks };
}

function describe(
  load: Pick<Load, 'events'>,
  stats: StubStats,
  endMs: number,
  cpuMs: number,
  peakRssMib: number,
): Run {
  const seconds = (endMs - stats.firstCallMs) / 1000;
  return {
    perSecond: load.events / seconds,
    cpuMicros: ((cpuMs - stats.cpuAtFirstMs) * 1000) / load.events,
    serviceMs: stats.serviceMs / stats.answered,
    stats,
    seconds,
    peakRssMib,
  };
}

/** A fault's count, which should be 0, and what is counted. */
type Fault = readonly [number, string];

/** How many events ended in either way. */
interface Decided {
  readonly withoutCoupons: number;
  readonly excluded: number;
}

/** The demo's checks, as far as this load can break them. */
function checkPod(load: Load, run: Run, status: Status | undefined): void {
  const { received = 0, filtered } = status?.events ?? {};
  const decided = {
    withoutCoupons: filtered?.no_coupons ?? 0,
    excluded: filtered?.rules_excluded ?? 0,
  };
  refuse([
    ...faultsSeen(load, run),
    ...faultsDecided(load, decided),
    [load.events - received, 'events not received'],
  ]);
}

/** What the partner saw. */
function faultsSeen(load: Load, { stats }: Run): Fault[] {
  return [
    [stats.answered - load.events, 'calls too many'],
    [stats.overlaps, 'calls at once for one user'],
    [stats.disorder, 'events out of order'],
    [stats.repeated, 'events asked for twice'],
  ];
}

/** The two sums say it of each event: all were asked for once, and each answer leads to one outcome. */
function faultsDecided({ events, coupons = 0 }: Load, decided: Decided): Fault[] {
  const empty = coupons === 'mixed' ? emptyMixedAnswers(events) : coupons === 0 ? events : 0;
  return [
    [empty - decided.withoutCoupons, 'events without coupons and without that outcome'],
    [events - empty - decided.excluded, 'events with coupons without their outcome'],
  ];
}

/** @throws Error where a count is not 0. */
function refuse(faults: readonly Fault[]): void {
  const broken = faults.filter(([count]) => count !== 0).map(([count, what]) => `${String(count)} ${what}`);
  if (broken.length > 0) throw new Error(`a promise was broken: ${broken.join(', ')}`);
}
