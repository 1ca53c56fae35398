/**
 * A rolling update under load, and the way back: pods of two versions in one group for a minute each way, and `kill -9`
 * of each while they are. Which version a pod runs is asked for at its start.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { askPods } from '../../simulation/demo/observe.ts';
import { showExit, type PodProcess } from '../../simulation/demo/pods.ts';
import type { DoneFault } from '../../simulation/chaos/conduct.ts';
import type { Conductor } from '../../simulation/chaos/run.ts';

export type Version = 'before' | 'now';

/** `hold`: seconds; the others name a pod, from 0. */
type Step =
  | { readonly hold: number }
  | { readonly kill: number }
  | { readonly replace: number; readonly by: Version }
  | { readonly ended: string };

const STEPS: readonly Step[] = [
  { hold: 30 },
  { kill: 0 },
  { hold: 15 },
  { ended: 'two of the version before' },
  { replace: 0, by: 'now' },
  { hold: 14 },
  { kill: 0 },
  { hold: 16 },
  { kill: 1 },
  { hold: 30 },
  { ended: 'one of each' },
  { replace: 1, by: 'now' },
  { hold: 20 },
  { kill: 0 },
  { hold: 20 },
  { kill: 1 },
  { hold: 20 },
  { ended: 'two of this version' },
  { replace: 0, by: 'before' },
  { hold: 14 },
  { kill: 1 },
  { hold: 16 },
  { kill: 0 },
  { hold: 30 },
  { ended: 'one of each, on the way back' },
  { replace: 1, by: 'before' },
  { hold: 20 },
  { kill: 1 },
  { hold: 30 },
  { ended: 'two of the version before, again' },
];
const DOWN_MS = 2000;

export interface UpgradePorts {
  readonly pods: readonly PodProcess[];
  /** What the pod runs from its next start on. */
  run(pod: number, version: Version): void;
  /** A phase has ended. */
  ended(name: string): Promise<void>;
}

/** @throws Error where a pod does not come up. */
export const conductUpgrade =
  ({ pods, run, ended }: UpgradePorts): Conductor =>
  async ({ startedAt, signal, say }) => {
    const faults: DoneFault[] = [];
    const surprises: string[] = [];
    const stamp = (): string => `${((Date.now() - startedAt) / 1000).toFixed(1).padStart(7)} s`;

    const away = async (at: number, kind: 'pod-kill' | 'pod-restart'): Promise<void> => {
      const pod = pods[at];
      if (pod === undefined) throw new RangeError(`there is no pod ${String(at)}`);
      const partitions = (await askPods(pods)).get(pod.name)?.partitions ?? [];
      const began = Date.now();
      const exit = showExit(await (kind === 'pod-kill' ? pod.kill() : pod.stop()));
      say(`${stamp()}  ${pod.name}: ${exit}, had ${String(partitions.length)} partitions`);
      const done: DoneFault = {
        fault: { kind, atMs: began - startedAt, lastsMs: 0, pod: at },
        ...{ on: pod.name, startedAt: began, backAt: undefined, exit },
        partitions: partitions.map(({ partition }) => partition),
      };
      faults.push(done);
      if (kind === 'pod-kill') await pause(DOWN_MS);
      await pod.start();
      await pod.waitUntilReady();
      done.backAt = Date.now();
    };

    const step = async (one: Step): Promise<void> => {
      if ('hold' in one) await pause(one.hold * 1000);
      else if ('kill' in one) await away(one.kill, 'pod-kill');
      else if ('ended' in one) await ended(one.ended);
      else {
        run(one.replace, one.by);
        await away(one.replace, 'pod-restart');
        say(`${stamp()}  ${pods[one.replace]?.name ?? ''} runs the version ${one.by}`);
      }
    };

    for (const one of STEPS) {
      if (signal.aborted) break;
      await step(one);
      for (const pod of pods)
        if (!pod.isRunning()) surprises.push(`${pod.name} ended by itself: ${await pod.lastWords()}`);
      if (surprises.length > 0) break;
    }
    return { faults, surprises };
  };
