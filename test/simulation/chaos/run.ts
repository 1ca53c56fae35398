/**
 * One run of chaos: the city plays while faults come and go by the schedule, everything is healed, the backlog
 * drains, the pods stop, and the promises are judged by what is left outside of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { drain } from '../demo/drain.ts';
import { readCaps } from '../demo/checks.ts';
import { observeOutcomes, readDeadLetters, readOffsets } from '../demo/observe.ts';
import { showExit } from '../demo/pods.ts';
import type { World } from '../demo/world.ts';
import { play } from '../player/play.ts';
import type { PromiseCheck } from '../verify/check-promises.ts';
import type { ProducedEvent } from '../verify/evidence.ts';
import type { Funnel } from '../verify/funnel.ts';
import type { ChaosWorld } from './chaos-world.ts';
import { readCommits } from './commit-log.ts';
import { conduct, type Conducted, type DoneFault } from './conduct.ts';
import type { PlannedFault } from './fault-kinds.ts';
import { judge } from './judge.ts';
import type { ChaosOptions } from './options.ts';
import { checkMemory, checkTrends, findTrends, measure, type Trend } from './soak.ts';

/** Longer than a dead pod's push takes to be found and a put-off push to be tried again. */
const DRAIN_WITHOUT_PROGRESS_MS = 120_000;

export interface ChaosReport {
  readonly ok: boolean;
  readonly options: ChaosOptions;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly seconds: { readonly play: number; readonly drain: number };
  readonly funnel: Funnel;
  readonly deliveries: Readonly<Record<string, number>>;
  readonly pushRequests: number;
  readonly pushesSent: number;
  readonly faults: readonly DoneFault[];
  /** Of a soak; else empty. */
  readonly trends: readonly Trend[];
  readonly checks: readonly PromiseCheck[];
}

interface Control {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Does what a run is about, and keeps the book. Resolves when every pod is ready again, or soon after the signal. */
export type Conductor = (context: Control & { readonly startedAt: number }) => Promise<Conducted>;

/** Undefined where the signal came first. */
export const run = (
  world: ChaosWorld,
  options: ChaosOptions,
  plan: readonly PlannedFault[],
  control: Control,
): Promise<ChaosReport | undefined> =>
  runWith(world, options, (context) => conduct(plan, world.stage, context), control);

/** The same with another conductor: events are played until it is done, and for as long as asked at least. */
export const runWith = async (
  world: World & Pick<ChaosWorld, 'rulesFile'>,
  options: ChaosOptions,
  conductor: Conductor,
  control: Control,
): Promise<ChaosReport | undefined> => {
  const { say } = control;
  const { kafka, names, pods } = world;
  const observer = await observeOutcomes(kafka, names);
  const { commits, reader } = await readCommits(kafka, names);
  try {
    const produced: ProducedEvent[] = [];
    const startedAt = Date.now();
    const playing = new AbortController();
    const failed = new AbortController();
    const signal = AbortSignal.any([control.signal, failed.signal]);
    const played = play({
      kafka,
      topic: names.topic,
      records: world.city.records(),
      eventsPerSecond: options.rate,
      signal: AbortSignal.any([signal, playing.signal]),
      onProduced: (events) => {
        produced.push(...events);
      },
    }).then(() => {
      say(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  the last event is played`);
    });
    // Whatever comes back late still needs events to show that it is back.
    const measured = measure(
      pods,
      world.services.env['REDIS_URL'] ?? '',
      () => observer.counter.funnel().queued,
      AbortSignal.any([signal, playing.signal]),
    );
    const conducting = conductor({ startedAt, signal, say }).then(async (conducted) => {
      const leftMs = Math.max(0, startedAt + options.minutes * 60_000 - Date.now());
      await sleep(leftMs, undefined, { signal }).catch(() => undefined);
      playing.abort();
      return conducted;
    });
    const [conducted, samples] = await Promise.all([conducting, measured, played]).catch(
      async (error: unknown) => {
        failed.abort();
        await Promise.allSettled([conducting, measured, played]);
        throw error;
      },
    );
    const playedAt = Date.now();
    const drained = await drain(kafka, names, pods, observer, {
      timeoutMs: DRAIN_WITHOUT_PROGRESS_MS,
      signal,
    });
    if (control.signal.aborted) return undefined;
    const drainedAt = Date.now();
    const exits = await Promise.all(
      pods.map(async (pod) => ({ pod: pod.name, exit: showExit(await pod.stop()) })),
    );
    await observer.caughtUp();
    await reader.caughtUp();
    const ledger = await world.partners.ledger();
    const trends = options.soak ? findTrends(samples) : [];
    const promises = judge({
      produced,
      outcomes: observer.outcomes,
      letters: await readDeadLetters(kafka, names),
      ledger,
      ...(await readOffsets(kafka, names)),
      caps: await readCaps(world.rulesFile),
      commits,
      conducted,
      exits,
      drained,
      waitedMs: DRAIN_WITHOUT_PROGRESS_MS,
    });
    const checks = [...promises, checkMemory(samples), ...(options.soak ? [checkTrends(trends)] : [])];
    return {
      ok: checks.every(({ holds }) => holds),
      options,
      startedAt: new Date(startedAt).toISOString(),
      seconds: { play: (playedAt - startedAt) / 1000, drain: (drainedAt - playedAt) / 1000 },
      funnel: observer.counter.funnel(),
      deliveries: observer.counter.deliveries(),
      pushRequests: ledger.pushes.length,
      pushesSent: ledger.pushes.filter(({ accepted }) => accepted).length,
      faults: conducted.faults,
      trends,
      checks,
    };
  } finally {
    await reader.stop();
    await observer.stop();
  }
};
