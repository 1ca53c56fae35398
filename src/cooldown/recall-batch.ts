/**
 * Recalls of about a millisecond go to Redis as one script call: the call, not the look-up, is what a recall costs,
 * here and there. In a cluster each user's keys lie in a slot of their own, so there a batch is one.
 */
import type { Cap } from '../domain/cap.ts';
import type { RunScript } from './scripts/script.ts';

const WAIT_MS = 1;

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

  function flush(): void {
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    ask(batch, askedCaps).catch((error: unknown) => {
      for (const { reject } of batch) reject(error);
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
    if (waiting.length === 0 && maxEvents > 1) setTimeout(flush, WAIT_MS);
    return new Promise((resolve, reject) => {
      waiting.push({ keys, resolve, reject });
      if (maxEvents === 1) flush();
    });
  };
}
