/** How long a pod takes to be ready, and how long to end in order while calls are out. */
import { setTimeout as sleep } from 'node:timers/promises';
import { figure, judged, type Benchmark, type Figure } from '../benchmark.ts';
import { IN_FLIGHT } from '../contenders.ts';
import { readCpuMs } from '../cpu.ts';
import { benchEvents } from '../events.ts';
import type { Lab } from '../lab.ts';
import { median, medianOf, whole } from '../statistics.ts';
import { until } from '../until.ts';

const TIMES = 7;
const EVENTS = 50_000;
const CALL_MS = 20;
/** Answered before the signal, so that the pod is at its full load. */
const ANSWERED = 5000;
const MAX_START_MS = 1500;
const MAX_STOP_MS = 1000;
const ASK_EVERY_MS = 10;

/** In turn: with Node's compile cache, which the image brings along, and where there is none. */
const AS_THE_IMAGE = {};
const WITHOUT_CACHE = { NODE_DISABLE_COMPILE_CACHE: '1' };

interface Once {
  readonly startMs: number;
  /** CPU time up to then; NaN where the machine does not tell. */
  readonly startCpuMs: number;
  readonly stopMs: number;
  /** Calls that were out at the signal. */
  readonly open: number;
}

export const startStop: Benchmark = {
  name: 'start-stop',
  title: 'start and stop',
  workload: `the built program, services up; ready: from its start to 200 at /ready; ended: from SIGTERM to its exit, with a backlog and calls of ${String(CALL_MS)} ms; median of ${String(TIMES)} in a round`,
  async run(lab, rounds) {
    const topic = await lab.topic(12, benchEvents(EVENTS, 1000));
    const [usual, bare]: [Once[], Once[]] = [[], []];
    // A machine that has read no file of the program yet is slower; and the first leaves its compiled source.
    await startAndStop(lab, topic, AS_THE_IMAGE);
    for (let turn = 0; turn < TIMES * rounds; turn += 1) {
      usual.push(await startAndStop(lab, topic, AS_THE_IMAGE));
      bare.push(await startAndStop(lab, topic, WITHOUT_CACHE));
    }
    const starts = usual.map(({ startMs }) => startMs);
    const stops = [...usual, ...bare].map(({ stopMs }) => stopMs);
    return [
      judgeMedian('ready', starts, MAX_START_MS),
      figure('… of it CPU', seconds(medianOf(usual, ({ startCpuMs }) => startCpuMs))),
      figure(
        'ready without the compile cache, and CPU',
        `${seconds(medianOf(bare, ({ startMs }) => startMs))}, ${seconds(medianOf(bare, ({ startCpuMs }) => startCpuMs))}`,
      ),
      judgeMedian('ended', stops, MAX_STOP_MS),
      figure('calls out at SIGTERM', whole(medianOf([...usual, ...bare], ({ open }) => open))),
    ];
  },
};

function judgeMedian(what: string, values: readonly number[], mostMs: number): Figure {
  const middle = median(values);
  const value = `${seconds(middle)} (worst ${seconds(Math.max(...values))})`;
  return judged(what, value, `< ${String(mostMs / 1000)} s`, middle < mostMs);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** @throws Error where the pod was not at work at its signal, did not end in order, or broke an order. */
async function startAndStop(lab: Lab, topic: string, env: Readonly<Record<string, string>>): Promise<Once> {
  await lab.stub.reset({ minDelayMs: CALL_MS, maxDelayMs: CALL_MS });
  const pod = await lab.pod(topic, { COUPON_API_CONCURRENCY: String(IN_FLIGHT), ...env });
  const startedMs = performance.now();
  await pod.start();
  while (!(await isReady(pod.url))) {
    if (!pod.isRunning()) throw new Error(`the pod has ended: ${await pod.lastWords()}`);
    if (performance.now() - startedMs > 60_000) throw new Error('the pod is not ready after 60 s');
    await sleep(ASK_EVERY_MS);
  }
  const startMs = performance.now() - startedMs;
  const startCpuMs = readCpuMs(pod.pid() ?? 0);
  let open = 0;
  await until(
    'the pod is at work',
    async () => {
      const stats = await lab.stub.stats();
      open = stats.open;
      return stats.answered >= ANSWERED && open >= IN_FLIGHT / 2;
    },
    60_000,
    { isAlive: () => pod.isRunning(), logFile: pod.logFile },
  );
  const signalledMs = performance.now();
  const { code } = await pod.stop();
  const stopMs = performance.now() - signalledMs;
  const stats = await lab.stub.stats();
  if (code !== 0) throw new Error(`the pod's exit code was not 0: ${await pod.lastWords()}`);
  if (stats.answered >= EVENTS) throw new Error('the pod had no backlog any more at its signal');
  const broken = stats.repeated + stats.disorder + stats.overlaps;
  if (broken > 0) throw new Error(`a promise was broken: ${String(broken)} calls twice or out of order`);
  return { startMs, startCpuMs, stopMs, open };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
