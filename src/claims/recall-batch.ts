/**
 * Recalls that come while others are out go to Redis together, as one script call: here and in Redis a recall costs
 * what the call costs, not the look-up. Each call waits one turn of the event loop for more recalls to come. A busy
 * loop has long turns and gathers many; an idle loop turns at once, so a lone user's events lose no time. In a cluster
 * each user's keys lie in a slot of their own, so there a batch is one.
 */
import { countsEveryPush, type Cap } from '../domain/cap.ts';
import { UnavailableError } from '../runtime/errors.ts';
import { atTurnEnd } from '../runtime/turn-end.ts';
import type { RunScript } from '../redis/script.ts';
import { readNumber } from './replies.ts';

export interface RecallBatchOptions {
  readonly run: RunScript;
  /** Most events a call, ≥ 1. Bounds how long one call keeps Redis. */
  readonly maxEvents: number;
}

/**
 * What `read` makes of one event's part of the script's answer, and of Redis's clock at that moment (epoch ms). Rejects where Redis is away, with every recall of the
 * same call. After any other error it asks for this event alone, and rejects as that call does. Rejects where `read`
 * throws or rejects.
 */
export type Recall = <T>(
  keys: readonly [string, string],
  caps: readonly Cap[],
  read: (answer: readonly unknown[], atMs: number) => T | Promise<T>,
) => Promise<T>;

interface PendingRecall {
  readonly keys: readonly [string, string];
  readonly settle: (answer: readonly unknown[], atMs: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Of most events there is nothing to say. */
const ROOM: readonly unknown[] = ['room'];

export function createRecallBatch({ run, maxEvents }: RecallBatchOptions): Recall {
  let waiting: PendingRecall[] = [];
  let askedCaps: readonly Cap[] = [];
  /** False from a call's start until an answer: then what has come goes out together. */
  let isFree = true;
  let isDue = false;

  function flush(): void {
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    isFree = false;
    const caps = askedCaps;
    ask(batch, caps)
      .catch((error: unknown) => afterFault(error, batch, caps))
      .finally(() => {
        isFree = true;
        if (waiting.length > 0) flushSoon();
      });
  }

  /** One user's damaged key fails the whole script: that is no fault of the others', so each asks alone. */
  function afterFault(
    error: unknown,
    batch: readonly PendingRecall[],
    caps: readonly Cap[],
  ): Promise<unknown> | undefined {
    if (!(error instanceof UnavailableError) && batch.length > 1) {
      return Promise.all(batch.map((one) => ask([one], caps).catch(one.reject)));
    }
    for (const { reject } of batch) reject(error);
    return undefined;
  }

  /** At the end of the next turn of the event loop, with all that comes until then. */
  function flushSoon(): void {
    if (isDue) return;
    isDue = true;
    atTurnEnd(() => {
      atTurnEnd(() => {
        isDue = false;
        if (isFree) flush();
      });
    });
  }

  async function ask(batch: readonly PendingRecall[], caps: readonly Cap[]): Promise<void> {
    const args = caps.flatMap(({ per, max, windowMs }, index) =>
      countsEveryPush(per) ? [max, windowMs, index] : [],
    );
    const answer = await run(
      batch.flatMap(({ keys }) => keys),
      args,
    );
    if (answer[0] !== batch.length) {
      throw new TypeError(`recall answered ${String(answer[0])} of ${String(batch.length)} events`);
    }
    const atMs = readNumber(answer, 1);
    let next = 2;
    batch.forEach(({ settle, reject }, index) => {
      const found = answer[next] === index + 1 ? answer[next + 1] : undefined;
      if (found !== undefined) next += 2;
      try {
        settle(Array.isArray(found) ? found : ROOM, atMs);
      } catch (error) {
        reject(error);
      }
    });
  }

  return (keys, caps, read) => {
    // Caps come with the rules: a new version's events do not share a call with the old one's.
    if (caps !== askedCaps || waiting.length >= maxEvents) flush();
    askedCaps = caps;
    return new Promise((resolve, reject) => {
      const settle = (answer: readonly unknown[], atMs: number): void => {
        resolve(read(answer, atMs));
      };
      waiting.push({ keys, settle, reject });
      if (maxEvents === 1) flush();
      else flushSoon();
    });
  };
}
