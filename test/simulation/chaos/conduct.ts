/**
 * Carries a schedule out by the clock, fault by fault, and keeps the book: when each began, when it was healed, and
 * when a pod that was away was ready again. A pod that ends although nobody told it to is noted and started again,
 * as its orchestrator would. Whatever happens, everything is healed at the end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { askPods } from '../demo/observe.ts';
import type { PodProcess } from '../demo/pods.ts';
import { PARTITIONS } from '../demo/world.ts';
import { describeFault } from './describe.ts';
import { claimsOf, takesPodAway, type PlannedFault } from './fault-kinds.ts';
import { inflict, type Stage } from './inflict.ts';

/** A fault as it was. All times are epoch ms. */
export interface DoneFault {
  readonly fault: PlannedFault;
  /** Of a pod, its name. */
  readonly on: string | undefined;
  readonly startedAt: number;
  /** Of a pod or service that was taken away: when it answered again. */
  backAt: number | undefined;
  readonly exit: string | undefined;
  /** The partitions that a pod had when it was taken away. */
  readonly partitions: readonly number[];
}

export interface Conducted {
  readonly faults: readonly DoneFault[];
  /** Pods that ended by themselves, or did not come back. */
  readonly surprises: readonly string[];
}

const WATCH_EVERY_MS = 500;
/** Longer than a session, a drain and a start on a busy machine. */
const BACK_WITHIN_MS = 120_000;

const until = (atMs: number, signal: AbortSignal): Promise<void> =>
  sleep(Math.max(0, atMs - Date.now()), undefined, { signal }).catch(() => undefined);

/** Resolves when the last fault is healed and every pod is ready, or soon after the signal. */
export const conduct = async (
  plan: readonly PlannedFault[],
  stage: Stage,
  options: { readonly startedAt: number; readonly signal: AbortSignal; readonly say: (line: string) => void },
): Promise<Conducted> => {
  const { startedAt, signal, say } = options;
  const faults: DoneFault[] = [];
  const surprises: string[] = [];
  const told = new Set<PodProcess>();
  let owned: ReadonlyMap<string, readonly number[]> = new Map();
  let whole = false;
  /** What a fault has its hand on, until it is healed. */
  const held = new Set<string>();
  const stamp = (): string => `${((Date.now() - startedAt) / 1000).toFixed(1).padStart(7)} s`;

  const comeBack = async (pod: PodProcess): Promise<boolean> => {
    try {
      await pod.waitUntilReady(BACK_WITHIN_MS);
      return true;
    } catch (error) {
      if (!signal.aborted) surprises.push(error instanceof Error ? error.message : String(error));
      return false;
    }
  };

  const watch = async (): Promise<void> => {
    const statuses = await askPods(stage.pods);
    const answered = [...statuses].map(
      ([name, { partitions }]) => [name, partitions.map(({ partition }) => partition)] as const,
    );
    // One that does not answer now had what it had.
    owned = new Map([...owned, ...answered]);
    const served = new Set(answered.flatMap(([, partitions]) => partitions));
    const members = answered.filter(([, partitions]) => partitions.length > 0).length;
    whole = members === Math.min(stage.pods.length, PARTITIONS) && served.size === PARTITIONS;
    for (const pod of stage.pods) {
      if (told.has(pod) || pod.isRunning()) continue;
      const words = `${pod.name} ended by itself: ${await pod.lastWords()}`;
      surprises.push(words);
      say(`${stamp()}  ${words}`);
      await pod.start();
    }
  };

  /**
   * Keeps to the plan's rule that one thing is hit by one fault at a time, also where it comes back later than planned:
   * what would hit it meanwhile is left out, as a machine that slow would else never have it back.
   */
  const inTurn = async (fault: PlannedFault): Promise<void> => {
    await until(startedAt + fault.atMs, signal);
    const claims = claimsOf(fault);
    const isHeld = (): boolean => claims.some((claim) => held.has(claim));
    const lastAt = Date.now() + BACK_WITHIN_MS;
    while (fault.watched && (!whole || isHeld()) && !signal.aborted && Date.now() < lastAt)
      await sleep(WATCH_EVERY_MS);
    if (signal.aborted) return;
    if (isHeld()) {
      say(`${stamp()}  ${fault.kind}: left out, the fault before is not over yet`);
      return;
    }
    for (const claim of claims) held.add(claim);
    try {
      await runFault(fault);
    } finally {
      for (const claim of claims) held.delete(claim);
    }
  };

  const runFault = async (fault: PlannedFault): Promise<void> => {
    const pod = fault.pod === undefined ? undefined : stage.pods[fault.pod];
    const ends = pod !== undefined && (fault.kind === 'pod-kill' || fault.kind === 'pod-restart');
    if (ends) told.add(pod);
    say(`${stamp()}  ${describeFault(fault, pod?.name)}`);
    const began = Date.now();
    const partitions = pod === undefined ? [] : (owned.get(pod.name) ?? []);
    const { exit, ...infliction } = await inflict(stage, fault);
    const done: DoneFault = { fault, on: pod?.name, startedAt: began, backAt: undefined, exit, partitions };
    faults.push(done);
    await until(began + fault.lastsMs, signal);
    await infliction.heal();
    if (ends) told.delete(pod);
    const back = !takesPodAway(fault) || pod === undefined || (await comeBack(pod));
    if (!back) return;
    done.backAt = Date.now();
    const after = ((done.backAt - began) / 1000).toFixed(1);
    const how = exit === undefined ? '' : `${exit}, `;
    say(`${stamp()}  ${describeFault(fault, pod?.name, 'over')}: ${how}over after ${after} s`);
  };

  const watching = new AbortController();
  const watched = (async () => {
    while (!watching.signal.aborted) {
      await watch();
      await sleep(WATCH_EVERY_MS);
    }
  })();
  try {
    await Promise.all(plan.map(inTurn));
    if (!signal.aborted) await Promise.all(stage.pods.map(comeBack));
  } finally {
    watching.abort();
    await watched;
  }
  return { faults, surprises };
};
