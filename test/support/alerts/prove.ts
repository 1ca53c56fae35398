/** A fault is caused, and what fires on what was seen is held against what has to. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { AlertWatch, FirstFired } from './alert-watch.ts';
import type { Proof } from './proofs.ts';

export interface Fault {
  /** In the words of the table. */
  readonly fault: string;
  /** Each must fire, and no other but those that may. */
  readonly fires: readonly string[];
  /** What the same fault sets off beside them. */
  readonly mayFire?: readonly string[];
  cause(): Promise<unknown>;
  /** Default {@link STRETCH}. */
  readonly stretch?: number;
  /** How long the last state goes on, in minutes of the alert's time. Default 0. */
  readonly holdMinutes?: number;
  /** A span's begin, where this fault goes on from the one before. Default: a few seconds before the fault. */
  readonly beginMs?: number;
}

export interface Proved {
  readonly proofs: readonly Proof[];
  readonly beginMs: number;
}

/** A real second counts as a minute. */
export const STRETCH = 60;
/** What counters rise from. */
const CALM_MS = 3000;
const LOOK_EVERY_MS = 2000;
/** A busy machine is no failure. */
const PATIENCE_MS = 120_000;

/** @returns as soon as all have fired. */
export async function proveAlerts(watch: AlertWatch, fault: Fault): Promise<Proved> {
  const { stretch = STRETCH, holdMinutes = 0, fires, mayFire = [] } = fault;
  const beginMs = fault.beginMs ?? performance.now();
  if (fault.beginMs === undefined) await pause(CALM_MS);
  const faultMs = performance.now();
  await fault.cause();
  for (;;) {
    await pause(LOOK_EVERY_MS);
    const { prometheus, datadog } = await watch.firing({ beginMs, stretch, holdMinutes });
    const others = [...prometheus.keys(), ...datadog.keys()].filter(
      (name) => !fires.includes(name) && !mayFire.includes(name),
    );
    expect(others, `${fault.fault}: fires, and should not`).toEqual([]);
    const missing = [prometheus, datadog].map((fired) => fires.filter((name) => !fired.has(name)));
    if (missing.every((names) => names.length === 0)) {
      const begun = ((faultMs - beginMs) / 60_000) * stretch;
      const after = (fired: FirstFired, name: string): number =>
        Math.max(0, Math.round((fired.get(name) ?? Number.NaN) - begun));
      const proofs = fires.map((alert) => ({
        ...{ alert, fault: fault.fault, stretch, heldMinutes: holdMinutes },
        prometheusMinutes: after(prometheus, alert),
        datadogMinutes: after(datadog, alert),
      }));
      return { proofs, beginMs };
    }
    if (performance.now() - faultMs > PATIENCE_MS)
      throw new Error(`${fault.fault}: never fired of Prometheus ${String(missing[0])}; of Datadog ${String(missing[1])}`);
  }
}
