/** All pods as one of them sees them at one moment: what the page is made of. */
import type { HourWindow } from './hour.ts';
import type { PodSnapshot } from './snapshot.ts';

export interface SeenPod {
  readonly snapshot: PodSnapshot;
  /** How old it is. */
  readonly ageSeconds: number;
}

/** Listed among the live ones, but it tells no numbers: it has just died, or its version has none to tell. */
export interface SilentPod {
  readonly pod: string;
  readonly version: string;
  /** Since it was last listed as live. */
  readonly silentSeconds: number;
}

export interface Fleet {
  /** Epoch ms. */
  readonly nowMs: number;
  /** The pod that serves the page. */
  readonly own: string;
  /** At least the own one; by name. */
  readonly pods: readonly SeenPod[];
  readonly silent: readonly SilentPod[];
  /** Why the others can't be seen, as the end of a sentence; undefined while they can. */
  readonly alone: string | undefined;
  /** Of all pods that lived in it. */
  readonly hour: HourWindow;
}
