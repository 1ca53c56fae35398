/**
 * One run: plays the city while pods are disturbed, waits until everything is drained, stops the pods and judges
 * the promises from what is left in the topics, in the group's offsets and in the partners' ledger.
 */
import type { Status } from '../../../src/ops/status.ts';
import { createRandom } from '../city/random.ts';
import { play } from '../player/play.ts';
import { checkPromises } from '../verify/check-promises.ts';
import type { ProducedEvent } from '../verify/evidence.ts';
import { measureLatency, pushesPerUser } from '../verify/funnel.ts';
import { checkDrained, checkExits, readCaps } from './checks.ts';
import { carryOut, planDisturbances, watchProgress, type Disturbance } from './disturb.ts';
import { drain } from './drain.ts';
import type { Live } from './live.ts';
import { askPods, observeOutcomes, readDeadLetters, readOffsets } from './observe.ts';
import type { DemoOptions } from './options.ts';
import { showExit } from './pods.ts';
import type { DemoReport } from './report.ts';
import { RULES_FILE, type World } from './world.ts';

/** Longer than a killed pod's push takes to be noticed by its queue and the pods' session by the broker. */
const DRAIN_WITHOUT_PROGRESS_MS = 90_000;

/** Without a single outcome for so long, disturbances no longer wait for their moment. */
const STUCK_AFTER_MS = 60_000;

/** Asks the pods every second what they say of themselves, for the live view. */
const keepAsking = (
  world: World,
): { readonly latest: () => ReadonlyMap<string, Status>; stop: () => void } => {
  let latest: ReadonlyMap<string, Status> = new Map();
  let asking = false;
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    void askPods(world.pods).then((answer) => {
      latest = answer;
      asking = false;
    });
  }, 1000);
  return {
    latest: () => latest,
    stop: () => {
      clearInterval(timer);
    },
  };
};

/** Undefined where the signal came first. */
export const run = async (
  world: World,
  options: DemoOptions,
  control: {
    readonly live: Live;
    readonly signal: AbortSignal;
    /** When the whole demo was started, epoch ms. */
    readonly startedAt: number;
    /** Leaves the pods running. */
    readonly keep: boolean;
  },
): Promise<DemoReport | undefined> => {
  const { live, startedAt } = control;
  const { kafka, names, pods, city } = world;
  const caps = await readCaps(options.rules ?? RULES_FILE);
  const observer = await observeOutcomes(kafka, names);
  const asking = keepAsking(world);
  const failed = new AbortController();
  const signal = AbortSignal.any([control.signal, failed.signal]);
  try {
    const produced: ProducedEvent[] = [];
    const playStartedAt = Date.now();
    let playEndedAt: number | undefined;
    let phase = 'The city is out and about';
    live.show(() => ({
      phase,
      events: options.events,
      played: produced.length,
      playedPerSecond: produced.length / Math.max(0.1, ((playEndedAt ?? Date.now()) - playStartedAt) / 1000),
      funnel: observer.counter.funnel(),
      deliveries: observer.counter.deliveries(),
      pods: pods.map(({ name }) => ({ name, status: asking.latest().get(name) })),
    }));

    const random = createRandom(`${options.seed}/disturbances`);
    const played = play({
      kafka,
      topic: names.topic,
      records: city.records(options.events),
      eventsPerSecond: options.rate,
      signal,
      onProduced: (events) => {
        produced.push(...events);
      },
    });
    const disturbed = carryOut(planDisturbances(random, options.kill), random, pods, {
      progress: watchProgress(options.events, () => observer.counter.decided(), STUCK_AFTER_MS),
      signal,
      say: (text) => {
        live.say(text);
      },
    });
    const whenPlayed = played.then(() => {
      playEndedAt = Date.now();
      phase = 'Everyone is home: waiting for the last outcomes and pushes';
    });
    let disturbances: readonly Disturbance[] = [];
    try {
      [disturbances] = await Promise.all([disturbed, whenPlayed]);
    } catch (error) {
      failed.abort();
      await Promise.allSettled([disturbed, whenPlayed]);
      throw error;
    }

    const drained = await drain(kafka, names, pods, observer, {
      timeoutMs: DRAIN_WITHOUT_PROGRESS_MS,
      signal,
    });
    const drainedAt = Date.now();
    if (control.signal.aborted) return undefined;
    const planned = disturbances
      .filter(({ how }) => how === 'restart')
      .map(({ pod, exit }) => ({ pod, exit }));
    const stops = control.keep
      ? []
      : await Promise.all(pods.map(async (pod) => ({ pod: pod.name, exit: showExit(await pod.stop()) })));
    await observer.caughtUp();
    live.end();

    const ledger = await world.partners.ledger();
    const { outcomes, counter } = observer;
    const checks = [
      ...checkPromises({
        produced,
        outcomes,
        letters: await readDeadLetters(kafka, names),
        ledger,
        ...(await readOffsets(kafka, names)),
        caps,
        idempotentPushApi: false,
      }),
      checkDrained(drained, DRAIN_WITHOUT_PROGRESS_MS),
      checkExits([...planned, ...stops]),
    ];
    const playSeconds = ((playEndedAt ?? drainedAt) - playStartedAt) / 1000;
    const lastOutcomeAt = outcomes.reduce(
      (last, { at }) => Math.max(last, Date.parse(at)),
      playStartedAt + 1,
    );
    return {
      ok: checks.every(({ holds }) => holds),
      options,
      startedAt: new Date(startedAt).toISOString(),
      services: world.services.all.map(({ name, origin, address }) => ({ name, origin, address })),
      seconds: {
        startUp: (playStartedAt - startedAt) / 1000,
        play: playSeconds,
        drain: (drainedAt - playStartedAt) / 1000 - playSeconds,
        total: (Date.now() - startedAt) / 1000,
      },
      users: city.people.length,
      funnel: counter.funnel(),
      deliveries: counter.deliveries(),
      eventsPerSecond: Math.round(produced.length / ((lastOutcomeAt - playStartedAt) / 1000)),
      latencyMs: measureLatency(produced, outcomes, ledger.pushes),
      pushesPerUser: pushesPerUser(ledger.pushes),
      partners: {
        couponCalls: ledger.couponCalls.reduce((sum, { calls }) => sum + calls, 0),
        pushRequests: ledger.pushes.length,
        pushesSent: ledger.pushes.filter(({ accepted }) => accepted).length,
        tokensIssued: ledger.tokensIssued,
      },
      disturbances,
      checks,
    };
  } finally {
    asking.stop();
    live.end();
    await observer.stop();
  }
};
