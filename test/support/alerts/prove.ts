/** A fault is caused, and what fires on what was seen is held against what has to. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { AlertWatch, FirstFired } from './alert-watch.ts';
import type { Before, OperatorView } from './operator-view.ts';
import { keepProofs, type Proof } from './proofs.ts';
import { STATE_MS } from './scrapes.ts';

export interface Fault {
  /** In the words of the table. */
  readonly fault: string;
  /** Each must fire, and no other but those that may. */
  readonly fires: readonly string[];
  /** What the same fault sets off beside them. */
  readonly mayFire?: readonly string[];
  cause(): Promise<unknown>;
  /** What goes on from before the fault, such as load. The span begins before it. */
  before?(): void;
  /** Default {@link STRETCH}. */
  readonly stretch?: number;
  /** How long the last state goes on, in minutes of the alert's time. Default 0. */
  readonly holdMinutes?: number;
  /** Where this goes on from the fault before: its span, and its begin where it is the same fault. Default: all is calm. */
  readonly since?: { readonly beginMs: number; readonly faultMs?: number; readonly calm: Before };
}

export interface Proved {
  readonly proofs: readonly Proof[];
  /** By `performance.now()`. */
  readonly beginMs: number;
  readonly faultMs: number;
  /** What was there before the fault. */
  readonly calm: Before;
}

/** A real second counts as a minute. */
export const STRETCH = 60;
/** What counters rise from. */
const CALM_MS = 3000;
const LOOK_EVERY_MS = 2000;
/** A machine that stands still for a minute of the alert's time does so to every pod: other alerts are not judged then. */
const STILL_SECONDS = 60;
/** A busy machine is no failure. */
const PATIENCE_MS = 120_000;

/** @returns as soon as all have fired. */
export async function proveAlerts(watch: AlertWatch, view: OperatorView, fault: Fault): Promise<Proved> {
  const { stretch = STRETCH, holdMinutes = 0, fires, mayFire = [] } = fault;
  const beginMs = fault.since?.beginMs ?? performance.now();
  if (fault.since === undefined) await pause(STATE_MS);
  fault.before?.();
  if (fault.since === undefined) await pause(CALM_MS);
  const nowMs = performance.now();
  const faultMs = fault.since?.faultMs ?? nowMs;
  const calm = fault.since?.calm ?? (await view.before());
  const seen = new Set<string>();
  const strays = new Set<string>();
  await fault.cause();
  for (;;) {
    await pause(LOOK_EVERY_MS);
    const { prometheus, datadog, stoodStillSeconds } = await watch.firing({ beginMs, stretch, holdMinutes });
    if (stoodStillSeconds < STILL_SECONDS) {
      for (const name of [...prometheus.keys(), ...datadog.keys()])
        if (!fires.includes(name) && !mayFire.includes(name)) strays.add(name);
    }
    const fresh = fires.filter((name) => !seen.has(name) && (prometheus.has(name) || datadog.has(name)));
    if (fresh.length > 0) {
      const now = await view.look(calm);
      for (const name of fresh) seen.add(name);
      await keepProofs({ sights: fresh.map((alert) => ({ alert, fault: fault.fault, seen: now })) });
    }
    const missing = [prometheus, datadog].map((fired) => fires.filter((name) => !fired.has(name)));
    if (missing.every((names) => names.length === 0)) {
      expect([...strays], `${fault.fault}: these fire, and should not`).toEqual([]);
      const begun = ((faultMs - beginMs) / 60_000) * stretch;
      // Evaluated at whole minutes: one earlier is within the minute of the fault.
      const after = (fired: FirstFired, name: string): number => {
        const minutes = Math.ceil((fired.get(name) ?? Number.NaN) - begun);
        expect(minutes, `${name}: fires before its fault`).toBeGreaterThanOrEqual(0);
        return minutes;
      };
      const proofs = fires.map((alert) => ({
        ...{ alert, fault: fault.fault, stretch, heldMinutes: holdMinutes },
        prometheusMinutes: after(prometheus, alert),
        datadogMinutes: after(datadog, alert),
      }));
      return { proofs, beginMs, faultMs, calm };
    }
    if (performance.now() - nowMs > PATIENCE_MS)
      throw new Error(
        `${fault.fault}: never fired of Prometheus ${String(missing[0])}; of Datadog ${String(missing[1])}`,
      );
  }
}
