/** What was seen of each alert, as it is kept for the table of deploy/README.md. */
import { readFile, writeFile } from 'node:fs/promises';

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

/** A run in which no alert fired, in the words of the table. */
export interface QuietRun {
  readonly over: string;
}

export interface KeptProofs {
  readonly proofs: readonly Proof[];
  readonly quiet: QuietRun | undefined;
}

export async function readProofs(): Promise<KeptProofs> {
  return JSON.parse(await readFile(PROOFS_FILE, 'utf8')) as KeptProofs;
}

/** Writes one part of the file where `KEEP_PROOFS` is set; the other stays as it is. */
export async function keepProofs(part: Partial<KeptProofs>): Promise<void> {
  if (process.env['KEEP_PROOFS'] === undefined) return;
  const kept = await readProofs().catch((): KeptProofs => ({ proofs: [], quiet: undefined }));
  await writeFile(PROOFS_FILE, `${JSON.stringify({ ...kept, ...part }, null, 2)}\n`);
}
