/**
 * A partner with a hidden capacity, simulated by discrete events on a clock of its own: seconds pass in
 * milliseconds, and the same seed gives the same run. Callers keep as many calls out as their limit allows, as
 * the router pool does while events wait.
 */
import type { ConcurrencyLimit } from '../../../src/partners/limit/concurrency-limit.ts';
import { popHeap, pushHeap } from '../../../src/runtime/collections/heap.ts';

/** How a partner behaves at and beyond what it can do at once. */
export type PartnerModel =
  /** As many servers as its capacity; whoever comes beyond waits in line. */
  | 'queues'
  /** Answers 429 within 2 ms to whoever comes beyond its capacity. */
  | 'rejects'
  /** Every call slows down every other one: most answers a second at its capacity, fewer beyond. */
  | 'slows';

/** What the partner is like from now on. */
export interface PartnerState {
  readonly capacity: number;
  /** A call takes between a quarter and seven quarters of this, evenly; default 20. */
  readonly meanMs?: number;
  /** A share of calls that take ten times as long; default 0. */
  readonly straggling?: number;
  /** A share of calls that fail whatever the load; default 0. */
  readonly failing?: number;
  /** Most calls that there is work for; default: always more than the limit allows. */
  readonly demand?: number;
}

export interface Settled {
  /** Means over what was measured. */
  readonly limit: number;
  readonly least: number;
  readonly most: number;
  readonly perSecond: number;
  readonly latencyMs: number;
  /** Share of calls that failed. */
  readonly failed: number;
}

export interface Partner {
  /** Lets time pass. @returns what was seen during it. */
  run(ms: number): Settled;
  become(state: PartnerState): void;
}

interface Call {
  readonly startedMs: number;
  readonly endsMs: number;
  readonly failed: boolean;
  /** Refused at once: takes no place at the partner. */
  readonly refused: boolean;
}

export function simulatePartner(
  limit: ConcurrencyLimit,
  model: PartnerModel,
  initial: PartnerState,
  seed = 1,
): Partner {
  const random = createRandom(seed);
  const calls = createHeap<Call>((call) => call.endsMs);
  /** When each server of a partner that queues is free again. */
  const servers = createHeap<number>((freeMs) => freeMs);
  for (let one = 0; one < initial.capacity; one += 1) servers.push(0);
  let state = initial;
  let nowMs = 0;
  let refused = 0;

  function serviceMs(): number {
    const { meanMs = 20, straggling = 0 } = state;
    const ms = meanMs * (0.25 + 1.5 * random());
    return random() < straggling ? 10 * ms : ms;
  }

  function begin(): void {
    const busy = calls.size() - refused;
    const { capacity, failing = 0 } = state;
    let endsMs: number;
    let failed = random() < failing;
    let isRefused = false;
    if (model === 'queues') {
      const startMs = Math.max(nowMs, servers.pop() ?? nowMs);
      endsMs = startMs + serviceMs();
      servers.push(endsMs);
    } else if (model === 'rejects') {
      isRefused = busy >= capacity;
      failed ||= isRefused;
      endsMs = nowMs + (isRefused ? 1 + random() : serviceMs());
    } else {
      endsMs = nowMs + serviceMs() * (1 + (busy / capacity) ** 2);
    }
    if (isRefused) refused += 1;
    calls.push({ startedMs: nowMs, endsMs, failed, refused: isRefused });
  }

  function beginAll(): void {
    const wanted = Math.min(limit.current(), state.demand ?? Number.POSITIVE_INFINITY);
    while (calls.size() < wanted) begin();
  }

  return {
    become(next) {
      if (next.capacity > state.capacity) {
        for (let more = state.capacity; more < next.capacity; more += 1) servers.push(nowMs);
      } else {
        // The servers that would be free first go: the rest go on with what they have in line.
        for (let fewer = next.capacity; fewer < state.capacity; fewer += 1) servers.pop();
      }
      state = next;
    },
    run(ms) {
      const untilMs = nowMs + ms;
      let area = 0;
      let least = Number.POSITIVE_INFINITY;
      let most = 0;
      let answered = 0;
      let totalMs = 0;
      let failures = 0;
      beginAll();
      while (nowMs < untilMs) {
        const next = calls.peek();
        const atMs = Math.min(untilMs, next?.endsMs ?? untilMs);
        const allowed = limit.current();
        area += allowed * (atMs - nowMs);
        least = Math.min(least, allowed);
        most = Math.max(most, allowed);
        nowMs = atMs;
        if (next === undefined || next.endsMs > untilMs) break;
        const inFlight = calls.size();
        calls.pop();
        if (next.refused) refused -= 1;
        limit.settled(next.failed, nowMs - next.startedMs, inFlight);
        if (next.failed) failures += 1;
        else {
          answered += 1;
          totalMs += nowMs - next.startedMs;
        }
        beginAll();
      }
      return {
        limit: area / ms,
        least,
        most,
        perSecond: (1000 * answered) / ms,
        latencyMs: totalMs / Math.max(1, answered),
        failed: failures / Math.max(1, answered + failures),
      };
    },
  };
}

/** mulberry32: enough for service times. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Least first. */
interface Heap<T> {
  size(): number;
  peek(): T | undefined;
  push(item: T): void;
  pop(): T | undefined;
}

function createHeap<T>(rank: (item: T) => number): Heap<T> {
  const items: T[] = [];
  const isBefore = (a: T, b: T): boolean => rank(a) < rank(b);
  return {
    size: () => items.length,
    peek: () => items[0],
    push: (item) => {
      pushHeap(items, item, isBefore);
    },
    pop: () => popHeap(items, isBefore),
  };
}
