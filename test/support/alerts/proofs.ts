/** What was seen of each alert, as it is kept for the table of deploy/README.md and for the runbook. */
import { readFile, writeFile } from 'node:fs/promises';
import type { WaitingName } from '../../../src/ops/health/waiting-names.ts';
import type { Seen } from './operator-view.ts';

export const PROOFS_FILE = '.readme/alerts.json';

/** Minutes are of the alert's own time, from the fault's begin. */
export interface Proof {
  readonly alert: string;
  readonly fault: string;
  readonly prometheusMinutes: number;
  readonly datadogMinutes: number;
  /** Seconds that a real one counted as. */
  readonly stretch: number;
  /** Minutes that the last state was held on; 0: the fault lasted. */
  readonly heldMinutes: number;
}

/** What a person saw as the alert fired. */
export interface AlertSight {
  readonly alert: string;
  readonly fault: string;
  readonly seen: Seen;
}

/** What a person sees while events wait for this. */
export interface WaitProof {
  readonly name: WaitingName;
  readonly fault: string;
  readonly seen: Seen;
}

/** A run in which no alert fired, in the words of the table. */
export interface QuietRun {
  readonly over: string;
}

export interface KeptProofs {
  readonly proofs: readonly Proof[];
  readonly sights: readonly AlertSight[];
  readonly waits: readonly WaitProof[];
  readonly quiet: QuietRun | undefined;
}

export async function readProofs(): Promise<KeptProofs> {
  return JSON.parse(await readFile(PROOFS_FILE, 'utf8')) as KeptProofs;
}

/**
 * Writes what was proved where `KEEP_PROOFS` is set: in place of what was kept of the same alert and fault, or of
 * the same wait. The rest stays as it is.
 */
export async function keepProofs(part: Partial<KeptProofs>): Promise<void> {
  if (process.env['KEEP_PROOFS'] === undefined) return;
  const {
    proofs = [],
    sights = [],
    waits = [],
    quiet,
  } = await readProofs().catch((): Partial<KeptProofs> => ({}));
  const kept: KeptProofs = {
    proofs: merged(proofs, part.proofs ?? [], nameOf),
    sights: merged(sights, part.sights ?? [], nameOf),
    waits: merged(waits, part.waits ?? [], ({ name }) => name),
    quiet: part.quiet ?? quiet,
  };
  await writeFile(PROOFS_FILE, `${JSON.stringify(kept, null, 2)}\n`);
}

const nameOf = ({ alert, fault }: Pick<Proof, 'alert' | 'fault'>): string => `${alert}: ${fault}`;

function merged<T>(old: readonly T[], fresh: readonly T[], keyOf: (one: T) => string): T[] {
  const all = new Map([...old, ...fresh].map((one) => [keyOf(one), one]));
  return [...all.values()];
}
