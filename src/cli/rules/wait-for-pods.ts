/**
 * Waits until every live pod reports a document. Pods that come up meanwhile count, pods that end don't. The news
 * is told again now and then, as a pod may have been reconnecting when it was told first.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet, LivePodRules } from './ports.ts';

export interface Awaited {
  readonly live: number;
  /** Who has not reported it in time. */
  readonly behind: readonly LivePodRules[];
  /** From the first announcement on. */
  readonly tookMs: number;
}

export interface Wanted {
  readonly version: string;
  readonly hash: string;
}

const ASK_EVERY_MS = 250;
const ANNOUNCE_EVERY_MS = 5000;

/** @throws Error where Redis goes away. */
export async function waitForPods(fleet: Fleet, wanted: Wanted, timeoutMs: number): Promise<Awaited> {
  const startedMs = performance.now();
  const deadline = startedMs + timeoutMs;
  let announceAt = -Infinity;
  for (;;) {
    if (performance.now() >= announceAt) {
      await fleet.announce();
      announceAt = performance.now() + ANNOUNCE_EVERY_MS;
    }
    const pods = await fleet.livePods();
    const behind = pods.filter((pod) => !has(pod, wanted));
    if (behind.length === 0 || performance.now() >= deadline) {
      return { live: pods.length, behind, tookMs: performance.now() - startedMs };
    }
    await sleep(ASK_EVERY_MS);
  }
}

function has({ rulesVersion, rulesHash }: LivePodRules, { version, hash }: Wanted): boolean {
  return rulesHash === undefined ? rulesVersion === version : rulesHash === hash;
}
