/** One pod in the middle of a backlog: what it gets done and what that costs, once it is warm and before it runs dry. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { StubSettings } from './coupon-stub-client.ts';
import { readCpuMs, readLoopCpuMs } from './cpu.ts';
import type { Lab } from './lab.ts';

export interface SteadyLoad {
  readonly topic: string;
  readonly stub: StubSettings;
  readonly env: Readonly<Record<string, string>>;
  /** Part of the topic's events for which the coupon API is asked. */
  readonly askedShare: number;
  /** Answers of the stub between which it is measured. */
  readonly from: number;
  readonly to: number;
}

/** Of an event, where nothing else is said. */
export interface Steady {
  readonly eventsPerSecond: number;
  readonly cpuMicros: number;
  readonly redisMicros: number;
  readonly redisCommands: number;
  readonly pushes: number;
  /** CPU that the pod used. */
  readonly cores: number;
  /** CPU of all its threads for each of the event loop's: what it can use while the loop never rests. */
  readonly coresALoop: number;
  /** Of a coupon call, as the partner saw it, ms. */
  readonly serviceMs: number;
}

const LOOK_EVERY_MS = 50;
const TIMEOUT_MS = 600_000;

interface Sample {
  readonly atMs: number;
  readonly answered: number;
  readonly serviceMs: number;
  readonly pushes: number;
  readonly cpuMs: number;
  readonly loopCpuMs: number;
  readonly redisCpuMs: number;
  readonly redisCommands: number;
}

/** @throws Error where the pod ends, breaks a promise, or takes ten minutes. */
export async function runSteady(lab: Lab, load: SteadyLoad): Promise<Steady> {
  // Under the prefix of a run before, events that it claimed are known, and nobody is asked for them.
  const pod = await lab.pod(load.topic, { REDIS_PREFIX: `bench-${randomUUID().slice(0, 8)}`, ...load.env });
  await lab.stub.reset(load.stub);
  const redis = new Redis(lab.services['REDIS_URL'] ?? '');
  await pod.start();
  const sample = async (): Promise<Sample> => {
    const [totals, info] = await Promise.all([lab.stub.totals(), redis.info()]);
    return {
      ...{ atMs: performance.now(), answered: totals.answered, serviceMs: totals.serviceMs },
      ...{ pushes: totals.pushes, cpuMs: readCpuMs(pod.pid() ?? 0) },
      loopCpuMs: readLoopCpuMs(pod.pid() ?? 0),
      redisCpuMs:
        1000 * (infoOf(info, 'used_cpu_user_main_thread') + infoOf(info, 'used_cpu_sys_main_thread')),
      redisCommands: infoOf(info, 'total_commands_processed'),
    };
  };
  const reach = async (answers: number): Promise<Sample> => {
    const giveUpAtMs = performance.now() + TIMEOUT_MS;
    while ((await lab.stub.totals()).answered < answers) {
      if (!pod.isRunning()) throw new Error(`the pod has ended: ${await pod.lastWords()}`);
      if (performance.now() > giveUpAtMs) throw new Error(`no ${String(answers)} answers in time`);
      await sleep(LOOK_EVERY_MS);
    }
    return sample();
  };
  try {
    const begin = await reach(load.from);
    const end = await reach(load.to);
    const stats = await lab.stub.stats();
    if (stats.repeated + stats.disorder + stats.overlaps > 0) throw new Error('a promise was broken');
    return between(begin, end, load.askedShare);
  } finally {
    redis.disconnect();
    await pod.stop();
  }
}

function between(begin: Sample, end: Sample, askedShare: number): Steady {
  const calls = end.answered - begin.answered;
  const events = calls / askedShare;
  const seconds = (end.atMs - begin.atMs) / 1000;
  return {
    eventsPerSecond: events / seconds,
    cpuMicros: (1000 * (end.cpuMs - begin.cpuMs)) / events,
    redisMicros: (1000 * (end.redisCpuMs - begin.redisCpuMs)) / events,
    redisCommands: (end.redisCommands - begin.redisCommands) / events,
    pushes: (end.pushes - begin.pushes) / events,
    cores: (end.cpuMs - begin.cpuMs) / (end.atMs - begin.atMs),
    coresALoop: (end.cpuMs - begin.cpuMs) / (end.loopCpuMs - begin.loopCpuMs),
    serviceMs: (end.serviceMs - begin.serviceMs) / calls,
  };
}

/** @throws Error where the server does not tell it. */
function infoOf(info: string, name: string): number {
  const found = new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1];
  if (found === undefined) throw new Error(`Redis does not tell ${name}`);
  return Number(found);
}
