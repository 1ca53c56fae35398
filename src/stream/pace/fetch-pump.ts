/**
 * Takes events in from all partitions in turn, a few at a time each, for as long as there is room; and tells the
 * client which partitions to fetch. Runs once a turn of the event loop however often it is asked, and gives the
 * loop back every few milliseconds.
 */
import { atTurnEnd } from '../../runtime/turn-end.ts';

/** Events a partition may take in before the next one's turn. */
const TURN_EVENTS = 16;
const MAX_TURN_MS = 8;
/** A partition's pace is told by pauses that take this part of a fetch's time, and longer ones. */
const SHORTEST_PAUSE_PART = 5;

export interface FetchPumpOptions {
  /** Shared out in equal parts, ≥ 1. */
  readonly maxBytes: number;
  /** What one fetch brings of a partition at most, as a rule: it may go beyond its part by so much, by two while it is fast. */
  readonly overshootBytes: number;
  /** All partitions together are full with this, however many they are. Default: without bound. */
  readonly mostBytes?: number;
  /** For how long the client may not look at a partition that is resumed, and what it fetches is on its way: ms. */
  readonly fetchMs: number;
  pause(partition: number): void;
  resume(partition: number): void;
  /** Ms; never goes back. */
  readonly nowMs?: () => number;
}

/** What the pump needs to know of a partition. */
export interface PumpedFlow {
  readonly partition: number;
  /** Bytes of records fetched and not finished. */
  readonly heldBytes: number;
  /** Takes in at most one event. False where nothing is ready or a limit is reached. */
  admit(): boolean;
}

export interface FetchPump {
  /** Replaces the partitions. What was paused at the client is resumed: kafkajs keeps pauses through a rejoin. */
  serve(flows: readonly PumpedFlow[]): void;
  /** Something may have become possible. Cheap. */
  readonly wake: () => void;
  /** Pauses at the client what is full. To be called before the client fetches again. */
  regulate(): void;
}

export function createFetchPump(options: FetchPumpOptions): FetchPump {
  let flows: readonly PumpedFlow[] = [];
  const { nowMs = () => performance.now(), mostBytes = Infinity } = options;
  /** What each held when it was paused, and when that was. */
  let paused = new Map<PumpedFlow, { readonly heldBytes: number; readonly atMs: number }>();
  /** Bytes a millisecond that each finished while it was paused last. */
  let paces = new Map<PumpedFlow, number>();
  let turn = 0;
  let scheduled = false;

  /**
   * A partition is full so far below its equal part of the bytes that one more fetch would go beyond it, or at half
   * of it. Below that it is fetched again at once: what it has must last until the next fetch's answer. kafkajs, when
   * everything is paused, looks again only after the longest wait of a fetch: so one that is fast enough to need more
   * until then may have that, up to a fetch beyond its part. All together are full only where batches larger than a
   * fetch should bring took more, or where there are so many that a fetch for each is more than a pod can hold: else
   * those that are held never keep the others from being fetched. The largest excess does not count: one record beyond all bounds stalls its partition alone, only a
   * second one may have the others wait.
   */
  function regulate(): void {
    const part = options.maxBytes / Math.max(1, flows.length);
    const enough = Math.max(part / 2, part - options.overshootBytes);
    const all = Math.min(mostBytes, options.maxBytes + options.overshootBytes * flows.length);
    let total = 0;
    let largestExcess = 0;
    for (const { heldBytes } of flows) {
      total += heldBytes;
      largestExcess = Math.max(largestExcess, heldBytes - part);
    }
    const isFull = total - largestExcess >= all;
    for (const flow of flows) {
      const lasting = Math.min(part + options.overshootBytes, (paces.get(flow) ?? 0) * options.fetchMs);
      const isOpen = !isFull && flow.heldBytes < Math.max(enough, lasting);
      const since = paused.get(flow);
      if (isOpen && since !== undefined) {
        paused.delete(flow);
        const pausedMs = nowMs() - since.atMs;
        // The end of one record in a moment tells nothing.
        if (pausedMs * SHORTEST_PAUSE_PART >= options.fetchMs)
          paces.set(flow, (since.heldBytes - flow.heldBytes) / pausedMs);
        options.resume(flow.partition);
      } else if (!isOpen && since === undefined) {
        paused.set(flow, { heldBytes: flow.heldBytes, atMs: nowMs() });
        options.pause(flow.partition);
      }
    }
  }

  function admitInTurn(): void {
    const until = performance.now() + MAX_TURN_MS;
    let idle = 0;
    while (idle < flows.length) {
      const flow = flows[turn % flows.length];
      turn += 1;
      let taken = 0;
      while (taken < TURN_EVENTS && flow?.admit() === true) taken += 1;
      idle = taken === 0 ? idle + 1 : 0;
      if (performance.now() > until) {
        wake();
        break;
      }
    }
  }

  function wake(): void {
    if (scheduled) return;
    scheduled = true;
    atTurnEnd(() => {
      scheduled = false;
      admitInTurn();
      regulate();
    });
  }

  return {
    serve(next) {
      flows = next;
      for (const flow of paused.keys()) options.resume(flow.partition);
      paused = new Map();
      paces = new Map();
      turn = 0;
    },
    wake,
    regulate,
  };
}
