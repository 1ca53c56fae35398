/**
 * Recalls that come while others are out go to Redis together, as one script call: the call, not the look-up, is what
 * a recall costs, here and there. Nobody waits where nothing is out, so a lone user's events lose no time. In a cluster
 * each user's keys lie in a slot of their own, so there a batch is one.
 */
import type { Cap } from '../domain/cap.ts';
import type { RunScript } from './scripts/script.ts';

export interface RecallBatchOptions {
  readonly run: RunScript;
  /** Most events a call, ≥ 1. Bounds how long one call keeps Redis. */
  readonly maxEvents: number;
}

/** One event's part of the script's answer. Rejects as the script's call does, with everybody of that call. */
export type Recall = (keys: readonly [string, string], caps: readonly Cap[]) => Promise<readonly unknown[]>;

interface Waiting {
  readonly keys: readonly [string, string];
  readonly resolve: (answer: readonly unknown[]) => void;
  readonly reject: (error: unknown) => void;
}

export function createRecallBatch({ run, maxEvents }: RecallBatchOptions): Recall {
  let waiting: Waiting[] = [];
  let askedCaps: readonly Cap[] = [];
  let out = 0;
  let isDue = false;

  function flush(): void {
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    out += 1;
    ask(batch, askedCaps)
      .catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      })
      .finally(() => {
        out -= 1;
        flush();
      });
  }

  /** At the end of this turn of the event loop, with all that comes until then. */
  function flushSoon(): void {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      if (out === 0) flush();
    });
  }

  async function ask(batch: readonly Waiting[], caps: readonly Cap[]): Promise<void> {
    const args = caps.filter(({ per }) => per === 'user').flatMap(({ max, windowMs }) => [max, windowMs]);
    const answers = await run(
      batch.flatMap(({ keys }) => keys),
      args,
    );
    if (answers.length !== batch.length) {
      throw new TypeError(`recall answered ${String(answers.length)} of ${String(batch.length)} events`);
    }
    batch.forEach(({ resolve }, index) => {
      const answer = answers[index];
      resolve(Array.isArray(answer) ? answer : [answer]);
    });
  }

  return (keys, caps) => {
    // Caps come with the rules: a new version's events do not share a call with the old one's.
    if (caps !== askedCaps || waiting.length >= maxEvents) flush();
    askedCaps = caps;
    return new Promise((resolve, reject) => {
      waiting.push({ keys, resolve, reject });
      if (maxEvents === 1) flush();
      else flushSoon();
    });
  };
}
