/** Waits until a run is over: every offset committed, the push queue empty, every outcome read. */
import type { Kafka } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findOffsetGaps } from '../verify/offsets.ts';
import type { RunNames } from './names.ts';
import { askPods, countQueued, readOffsets, type Observer } from './observe.ts';
import type { PodProcess } from './pods.ts';

/** True once everything is done; false where it is not after `timeoutMs` without any progress, or on the signal. */
export const drain = async (
  kafka: Kafka,
  names: RunNames,
  pods: readonly PodProcess[],
  observer: Observer,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<boolean> => {
  let last = '';
  let progressAt = Date.now();
  let quiet = 0;
  while (!options.signal.aborted) {
    const offsets = await readOffsets(kafka, names);
    const queued = countQueued(await askPods(pods));
    await observer.caughtUp();
    const open = findOffsetGaps(offsets.committed, offsets.ends);
    // Twice in a row: a push may be between its queue and its last record.
    quiet = open.length === 0 && queued === 0 ? quiet + 1 : 0;
    if (quiet > 1) return true;
    const now = JSON.stringify([open, queued, observer.outcomes.length]);
    if (now !== last) progressAt = Date.now();
    last = now;
    if (Date.now() - progressAt > options.timeoutMs) return false;
    await sleep(300);
  }
  return false;
};
