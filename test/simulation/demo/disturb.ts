/**
 * What the run has to survive: one pod restarted in the middle, and with `--kill` three more that are killed at
 * random moments. Each disturbance waits for its own moment by the events decided, so it hits a pod at work.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../city/random.ts';
import { showExit, type PodProcess } from './pods.ts';

export interface Disturbance {
  /** Share of the events decided at which it came. */
  readonly at: number;
  readonly pod: string;
  readonly how: 'restart' | 'kill';
  /** How the pod ended, and how long until it was ready again. */
  readonly exit: string;
  readonly backAfterMs: number;
}

export interface Plan {
  readonly at: number;
  readonly how: 'restart' | 'kill';
}

/** The moments, in order: a restart at half time; kills between a tenth and nine tenths. */
export const planDisturbances = (random: Random, kill: boolean): readonly Plan[] => {
  const restart: Plan = { at: 0.5, how: 'restart' };
  if (!kill) return [restart];
  const kills = [0.1, 0.37, 0.63].map((from): Plan => ({ at: from + random.next() * 0.24, how: 'kill' }));
  return [restart, ...kills].sort((a, b) => a.at - b.at);
};

const disturb = async (pod: PodProcess, { at, how }: Plan): Promise<Disturbance> => {
  const startedAt = performance.now();
  const exit = how === 'kill' ? await pod.kill() : await pod.stop();
  await pod.start();
  await pod.waitUntilReady();
  return {
    at,
    pod: pod.name,
    how,
    exit: showExit(exit),
    backAfterMs: Math.round(performance.now() - startedAt),
  };
};

/** The share of events decided; 1 where it has not moved for so long that waiting for more is no use. */
export const watchProgress = (
  events: number,
  decided: () => number,
  stuckAfterMs: number,
): (() => number) => {
  let last = -1;
  let movedAt = performance.now();
  return () => {
    const now = decided();
    if (now !== last) movedAt = performance.now();
    last = now;
    return performance.now() - movedAt > stuckAfterMs ? 1 : now / events;
  };
};

/** Carries the plan out, one after the other. `progress` is the share of events decided. */
export const carryOut = async (
  plan: readonly Plan[],
  random: Random,
  pods: readonly PodProcess[],
  options: {
    readonly progress: () => number;
    readonly signal: AbortSignal;
    readonly say: (line: string) => void;
  },
): Promise<readonly Disturbance[]> => {
  const done: Disturbance[] = [];
  for (const step of plan) {
    while (options.progress() < step.at) {
      if (options.signal.aborted) return done;
      await sleep(50);
    }
    const pod = pods[random.int(0, pods.length - 1)];
    if (pod === undefined || options.signal.aborted) return done;
    options.say(step.how === 'kill' ? `${pod.name}: kill -9` : `${pod.name}: SIGTERM, drain, start again`);
    const result = await disturb(pod, step);
    done.push(result);
    options.say(`${pod.name}: ${result.exit}, ready again after ${(result.backAfterMs / 1000).toFixed(1)} s`);
  }
  return done;
};
