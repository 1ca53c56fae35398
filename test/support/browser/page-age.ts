/** How old what the page shows is, against what pods say of themselves. */
import type { Page } from 'playwright-core';
import type { Status } from '../../../src/ops/status.ts';
import type { PodProcess } from '../../simulation/demo/pods.ts';

const WATCHED_MS = 2000;
const PATIENCE_MS = 12_000;

/** A bar's number: a step of the funnel, a reason, or how a push ended. */
export async function barOf(page: Page, name: string): Promise<number> {
  const bar = page.locator(`[data-key="${name}"] [data-part="count"]`);
  return (await bar.count()) === 0 ? 0 : Number(await bar.first().getAttribute('data-value'));
}

/** What those that answer say. */
export async function statusesOf(pods: readonly PodProcess[]): Promise<Status[]> {
  const all = await Promise.all(pods.map((pod) => pod.status()));
  return all.filter((status) => status !== undefined);
}

/** For 2 s: how long after all pods' /status have a number the page has it, too. The longest, ms. */
export async function pageAgeMs(page: Page, pods: readonly PodProcess[]): Promise<number> {
  const asked: { readonly atMs: number; readonly received: number }[] = [];
  const shown: { readonly atMs: number; readonly received: number }[] = [];
  const look = async (): Promise<void> => {
    const received = await barOf(page, 'Received');
    shown.push({ atMs: performance.now(), received });
  };
  const beganMs = performance.now();
  while (performance.now() - beganMs < WATCHED_MS) {
    const received = (await statusesOf(pods)).reduce((sum, { events }) => sum + events.received, 0);
    asked.push({ atMs: performance.now(), received });
    await look();
  }
  const [first, last] = [asked[0], asked.at(-1)];
  // Of numbers that stand nothing can be said.
  if (first === undefined || last === undefined || last.received === first.received) return Infinity;
  while ((shown.at(-1)?.received ?? 0) < last.received && performance.now() - beganMs < PATIENCE_MS)
    await look();
  return Math.max(
    ...asked.map(({ atMs, received }) => {
      const there = shown.find((seen) => seen.atMs >= atMs && seen.received >= received);
      return there === undefined ? Infinity : there.atMs - atMs;
    }),
  );
}
