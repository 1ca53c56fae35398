/**
 * What a load needs, and what gives out first as it grows. Where the number of pods, partitions or calls is given, it is
 * kept; else it is chosen so that the load takes no more than the headroom leaves.
 */
import type { Figures } from './figures.ts';
import { memoryAt, type Memory } from './memory.ts';
import {
  callsInFlight,
  cpuMicros,
  meanMs,
  placesFor,
  podRates,
  quotient,
  redisCommands,
  redisMicros,
  type Load,
} from './model.ts';

export interface Question extends Load {
  /** Users with events. Undefined: as many as one push a day each makes. */
  readonly users: number | undefined;
  /** From claim to send, s. */
  readonly pushWaitSeconds: number;
  /** Part of each pod that stays free, 0 to less than 1. */
  readonly headroom: number;
  readonly pods: number | undefined;
  readonly partitions: number | undefined;
  readonly poolSize: number | undefined;
  readonly pushConcurrency: number;
  /** Of a pod's CPU, against the one that was measured. */
  readonly speed: number;
  /** Most calls that the partner answers at once, of all pods. */
  readonly couponCallsAtMost: number | undefined;
  /** Most pushes a second that the partner takes, of all pods. */
  readonly pushesAtMost: number | undefined;
  /** Masters of a Redis Cluster. */
  readonly redisMasters: number;
  /** Copies of a record in Kafka. */
  readonly replicas: number;
}

/** A part that gives out, and what helps then. */
export interface Limit {
  readonly part: Part;
  /** Of the whole deployment as it is planned; the other parts left aside. */
  readonly eventsPerSecond: number;
}

export const REMEDIES = {
  'a pod’s CPU': 'add pods',
  'a pod’s coupon calls': 'add pods, or raise COUPON_API_CONCURRENCY',
  'a pod’s push calls': 'add pods, or raise PUSH_API_CONCURRENCY',
  'the coupon API’s concurrency': 'the partner has to answer more calls at once, or faster; pods don’t help',
  partitions: 'there is a pod for each: the topic needs more, then add pods',
  'the push API’s rate': 'the partner has to take more; pushes wait meanwhile, and expire after push.ttl',
  'Redis’ thread': 'a Redis Cluster shares users out among its masters (REDIS_CLUSTER)',
} as const;
export type Part = keyof typeof REMEDIES;

export interface Plan {
  readonly pods: number;
  readonly partitions: number;
  readonly poolSize: number;
  /** Coupon calls open in one pod: on average; and if each took as long as one of a hundred does. */
  readonly inFlight: { readonly mean: number; readonly slow: number };
  readonly couponMeanMs: number;
  /** Events a second that one pod gets done at most. */
  readonly podEventsPerSecond: number;
  readonly cpu: { readonly cores: number; readonly microsPerEvent: number; readonly share: number };
  readonly pushesPerSecond: number;
  readonly users: number;
  readonly redis: { readonly commandsPerSecond: number; readonly share: number; readonly memory: Memory };
  /** Bytes a second, records unpacked, without protocol. */
  readonly kafka: { readonly events: number; readonly outcomes: number; readonly writes: number };
  /** In the order in which they give out. */
  readonly limits: readonly Limit[];
  /** The load is within every limit. */
  readonly holds: boolean;
}

const DEFAULT_POOL = 128;
const LARGEST_POOL = 10_000;
const FEWEST_PODS = 2;
const FEWEST_PARTITIONS = 12;
const DAY_SECONDS = 86_400;
const EIGHT = 8;

export function planCapacity(question: Question, figures: Figures): Plan {
  const { eventsPerSecond, pushShare, headroom, replicas, redisMasters } = question;
  const usable = 1 - headroom;
  const { pods, partitions } = podsFor(question, figures, usable);
  const mean = callsInFlight(question) / pods;
  const poolSize = question.poolSize ?? poolFor(mean / figures.poolReached / usable);
  const rates = podRates(question, podOf(question, poolSize), figures);
  const pushesPerSecond = eventsPerSecond * pushShare;
  const users = question.users ?? Math.max(1, Math.ceil(pushesPerSecond * DAY_SECONDS));
  const microsPerEvent = cpuMicros(question, figures) / question.speed;
  const cores = (eventsPerSecond * microsPerEvent) / 1e6;
  const redisRate = (1e6 * redisMasters) / redisMicros(question, figures);
  const outcomes = eventsPerSecond * (1 + pushShare) * figures.outcomeBytes;
  const events = eventsPerSecond * question.eventBytes;
  const limits = limitsOf(question, { pods, partitions }, rates, redisRate);
  return {
    ...{ pods, partitions, poolSize, users, pushesPerSecond, limits },
    inFlight: { mean, slow: mean * (question.coupon.p99Ms / meanMs(question.coupon)) },
    couponMeanMs: meanMs(question.coupon),
    podEventsPerSecond: Math.min(rates.cpu, rates.pool, rates.pushes),
    cpu: { cores, microsPerEvent, share: cores / (pods * figures.podCores) },
    redis: {
      commandsPerSecond: eventsPerSecond * redisCommands(question, figures),
      share: eventsPerSecond / redisRate,
      memory: memoryAt({ pushesPerSecond, users, pushWaitSeconds: question.pushWaitSeconds }, figures),
    },
    kafka: { events, outcomes, writes: (events + outcomes) * replicas },
    holds: limits.every((limit) => limit.eventsPerSecond >= eventsPerSecond),
  };
}

function podOf({ pushConcurrency, speed }: Question, poolSize: number) {
  return { poolSize, pushConcurrency, speed };
}

/** Never more pods than partitions: further ones would rest. */
function podsFor(
  question: Question,
  figures: Figures,
  usable: number,
): { readonly pods: number; readonly partitions: number } {
  const pod = podOf(question, question.poolSize ?? LARGEST_POOL);
  const { cpu, pool, pushes } = podRates(question, pod, figures);
  const needed = Math.ceil(question.eventsPerSecond / (usable * Math.min(cpu, pool, pushes)));
  const wanted = question.pods ?? Math.max(FEWEST_PODS, needed);
  // Twice as many pods may be needed one day, and partitions that are added later part a user's events.
  const partitions = question.partitions ?? Math.max(FEWEST_PARTITIONS, 2 * wanted);
  return { pods: Math.min(wanted, partitions), partitions };
}

/** The default where it is enough. */
function poolFor(inFlight: number): number {
  const places = Math.ceil(placesFor(inFlight) / EIGHT) * EIGHT;
  return Math.min(LARGEST_POOL, Math.max(DEFAULT_POOL, places));
}

function limitsOf(
  question: Question,
  { pods, partitions }: { readonly pods: number; readonly partitions: number },
  rates: { readonly cpu: number; readonly pool: number; readonly pushes: number },
  redisRate: number,
): readonly Limit[] {
  const { askedShare, pushShare, coupon, couponCallsAtMost, pushesAtMost } = question;
  const ofPod = Math.min(rates.cpu, rates.pool, rates.pushes);
  const limits: Limit[] = [
    { part: 'partitions', eventsPerSecond: partitions * ofPod },
    { part: 'Redis’ thread', eventsPerSecond: redisRate },
  ];
  if (couponCallsAtMost !== undefined)
    limits.push({
      part: 'the coupon API’s concurrency',
      eventsPerSecond: quotient(couponCallsAtMost, (askedShare * meanMs(coupon)) / 1000),
    });
  if (pushesAtMost !== undefined)
    limits.push({ part: 'the push API’s rate', eventsPerSecond: quotient(pushesAtMost, pushShare) });
  // With a pod for each partition no further pod helps: then it is the partitions that give out.
  if (pods < partitions)
    limits.push(
      { part: 'a pod’s CPU', eventsPerSecond: pods * rates.cpu },
      { part: 'a pod’s coupon calls', eventsPerSecond: pods * rates.pool },
      { part: 'a pod’s push calls', eventsPerSecond: pods * rates.pushes },
    );
  return limits
    .filter(({ eventsPerSecond }) => Number.isFinite(eventsPerSecond))
    .sort((a, b) => a.eventsPerSecond - b.eventsPerSecond);
}
