/**
 * Takes events in from all partitions in turn, a few of each, while the limits allow it. Tells the client which
 * partitions to fetch. The pump runs once a turn of the event loop however often it is woken, and gives the loop back
 * every few milliseconds.
 */
import { monotonicMs } from '../../runtime/clock.ts';
import { atTurnEnd } from '../../runtime/turn-end.ts';

/** Events a partition may take in before the next one's turn. */
const TURN_EVENTS = 16;
const MAX_TURN_MS = 8;
/** Pauses from this part of a fetch’s time on tell a partition’s pace: a fifth. */
const SHORTEST_PAUSE_PART = 5;

export interface FetchPumpOptions {
  /** Bytes in this pod, divided into equal shares, ≥ 1. */
  readonly maxBytes: number;
  /**
   * What one fetch usually brings of a partition at most. A partition may exceed its share by one fetch, a fast one by
   * two.
   */
  readonly overshootBytes: number;
  /** All partitions together hold at most this, however many they are. Default: no limit. */
  readonly mostBytes?: number;
  /** How long the client may take to look at a resumed partition and to fetch its next records, ms. */
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
  /** Replaces the partitions and resumes what was paused at the client: kafkajs keeps pauses through a rejoin. */
  serve(flows: readonly PumpedFlow[]): void;
  /** Asks for a turn, as more events may be possible now. Cheap. */
  readonly wake: () => void;
  /** Pauses full partitions at the client, resumes the others. To be called before the client fetches again. */
  regulate(): void;
}

export function createFetchPump(options: FetchPumpOptions): FetchPump {
  let flows: readonly PumpedFlow[] = [];
  const { nowMs = monotonicMs, mostBytes = Infinity } = options;
  /** What each partition held when it was paused, and when that was. */
  let paused = new Map<PumpedFlow, { readonly heldBytes: number; readonly atMs: number }>();
  /** Bytes a millisecond that each partition finished during its last pause. */
  let paces = new Map<PumpedFlow, number>();
  let turn = 0;
  let scheduled = false;

  /**
   * A partition pauses at its share minus one fetch, at least at half its share. A fast partition may hold up to one
   * fetch more, because kafkajs can take `fetchMs` to look at a resumed partition.
   * All partitions pause only when the total, without the largest excess, reaches `mostBytes`, or `maxBytes` and one
   * fetch for each. So one oversized record stalls only its own partition; only a second one makes the others wait.
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
        // A record that ended in a moment tells no pace.
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
    const until = monotonicMs() + MAX_TURN_MS;
    let idle = 0;
    while (idle < flows.length) {
      const flow = flows[turn % flows.length];
      turn += 1;
      let taken = 0;
      while (taken < TURN_EVENTS && flow?.admit() === true) taken += 1;
      idle = taken === 0 ? idle + 1 : 0;
      if (monotonicMs() > until) {
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
