/**
 * Which faults come when, on whom and for how long: a pure function of seed, minutes, pods and the kinds asked for.
 * Kinds are dealt like cards, so each has come before one comes again. One pod at least is always left alone, and
 * no more than three faults run at once.
 *
 * A run ends with a pod's death that no other fault is near, and a long one has more of them: what comes back, and
 * how soon, can only be judged where nothing else stands in its way.
 */
import { createRandom, type Random } from '../city/random.ts';
import {
  BROKERS,
  claimsOf,
  FAULT_KINDS,
  REFUSED_COMMANDS,
  shapeOf,
  takesPodAway,
  type FaultKind,
  type PlannedFault,
} from './fault-kinds.ts';

export interface ScheduleOptions {
  readonly seed: number;
  /** ≥ 1. */
  readonly minutes: number;
  /** ≥ 1. */
  readonly pods: number;
  /** Default: all. */
  readonly only?: readonly FaultKind[] | undefined;
  /** Default 1: what needs several is left out. */
  readonly brokers?: number;
  /** Redis writes each second: its host dies once with what was not written, in the middle, and nothing else does. */
  readonly losesWrites?: boolean;
}

const FIRST_AT_MS = 4000;
const PAUSE_MS = [2500, 9000] as const;
const MOST_AT_ONCE = 3;
/** The last death, before the end of the play. */
const LAST_DEATH_MS = 24_000;
const DEATH_LASTS_MS = 20_000;
/** Quiet before a death that is watched, and after it in the middle of a run: until its pushes must be back, too. */
const QUIET_BEFORE_MS = 5000;
const QUIET_AFTER_MS = 58_000;
const WATCH_EVERY_MS = 240_000;

const endOf = ({ atMs, lastsMs }: PlannedFault): number => atMs + lastsMs;

/**
 * A clock that is too far back makes events of now `invalid`, one too far ahead makes them `stale`: neither is meant.
 * Back it is less room, as phones' clocks run ahead by up to 230 s and five minutes are taken.
 */
const clockStep = (random: Random): number =>
  1000 * (random.chance(0.5) ? random.int(5, 200) : -random.int(5, 60));

const draw = (random: Random, kind: FaultKind, atMs: number, pods: number): PlannedFault => {
  const { hits, seconds, links } = shapeOf(kind);
  const fault: PlannedFault = {
    kind,
    atMs,
    lastsMs: Math.round((seconds[0] + random.next() * (seconds[1] - seconds[0])) * 1000),
    ...(hits !== 'all' && { pod: random.int(0, pods - 1) }),
    ...(links !== undefined && { link: random.pick(links) }),
  };
  if (kind === 'clock-step') return { ...fault, amount: clockStep(random) };
  if (kind === 'link-slow') return { ...fault, amount: random.int(30, 400) };
  if (kind === 'coupon-errors' || kind === 'push-errors')
    return { ...fault, amount: random.int(20, 70) / 100 };
  if (kind === 'coupon-odd-answers') return { ...fault, amount: random.int(20, 80) / 100 };
  if (kind === 'coupon-some-users' || kind === 'push-some-users')
    return { ...fault, amount: random.int(2, 20) / 100 };
  if (kind === 'redis-command') return { ...fault, amount: random.int(0, REFUSED_COMMANDS.length - 1) };
  if (shapeOf(kind).needsBrokers) return { ...fault, amount: random.int(1, BROKERS) };
  return fault;
};

const fits = (fault: PlannedFault, running: readonly PlannedFault[], pods: number): boolean => {
  if (running.length >= MOST_AT_ONCE) return false;
  const taken = new Set(running.flatMap(claimsOf));
  if (claimsOf(fault).some((claim) => taken.has(claim))) return false;
  const away = [...running, fault].filter(takesPodAway).length;
  return !takesPodAway(fault) || away <= Math.max(1, pods - 1);
};

/** In the order of their times. */
export const planFaults = (options: ScheduleOptions): readonly PlannedFault[] => {
  const { seed, minutes, pods, brokers = 1, losesWrites = false } = options;
  if (losesWrites) return [{ kind: 'redis-host-death', atMs: minutes * 30_000, lastsMs: 1000 }];
  const kinds = FAULT_KINDS.filter(
    (kind) => (options.only?.includes(kind) ?? true) && (brokers > 1 || !shapeOf(kind).needsBrokers),
  );
  const random = createRandom(`${seed}/faults/${pods}`);
  const plan: PlannedFault[] = [];
  const totalMs = minutes * 60_000;
  const watched = kinds.includes('pod-kill');
  const lastDeathAt = totalMs - LAST_DEATH_MS;
  const untilMs = watched ? lastDeathAt - QUIET_BEFORE_MS : totalMs - 2000;
  const death = (atMs: number): PlannedFault => ({
    kind: 'pod-kill',
    atMs,
    lastsMs: DEATH_LASTS_MS,
    pod: random.int(0, pods - 1),
    watched: true,
  });

  const deck: FaultKind[] = [];
  const refill = (): void => {
    for (const kind of kinds) deck.splice(random.int(0, deck.length), 0, kind);
  };
  let watchAt = WATCH_EVERY_MS;
  /** The first of the deck that may run now; the others go to its end. */
  const deal = (at: number, running: readonly PlannedFault[]): PlannedFault | undefined => {
    for (let tries = deck.length; tries > 0; tries -= 1) {
      const kind = deck.shift();
      if (kind === undefined) return undefined;
      const fault = draw(random, kind, at, pods);
      if (endOf(fault) <= untilMs && fits(fault, running, pods)) return fault;
      deck.push(kind);
    }
    return undefined;
  };
  for (let at = FIRST_AT_MS; at < untilMs;) {
    const running = plan.filter((fault) => endOf(fault) > at);
    if (watched && at > watchAt && at + QUIET_BEFORE_MS + QUIET_AFTER_MS < untilMs) {
      const from = Math.max(at, ...running.map(endOf)) + QUIET_BEFORE_MS;
      plan.push(death(from));
      at = from + QUIET_AFTER_MS;
      watchAt = at + WATCH_EVERY_MS;
      continue;
    }
    let fault = deal(at, running);
    if (fault === undefined && deck.length <= kinds.length) {
      refill();
      fault = deal(at, running);
    }
    if (fault !== undefined) plan.push(fault);
    at += random.int(...PAUSE_MS);
  }
  if (watched && lastDeathAt > FIRST_AT_MS) plan.push(death(lastDeathAt));
  return plan;
};
