/**
 * The mutants that no test can notice, as the service does the same with them: `equal.yaml`, each with its reason.
 * An entry that matches no mutant, or one that a test notices, is an error, so that the list never grows stale.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Mutant } from './instrument.ts';

const Text = z.string().min(1);
const Entry = z.strictObject({
  file: Text,
  why: Text,
  mutants: z
    .array(
      z.strictObject({
        /** The whole line in which the mutant begins, without its indent. */
        at: Text,
        /** The text that is replaced; may end in … for what goes on. The line's whole text where it is left out. */
        from: Text.optional(),
        to: z.string(),
        /** How many are written alike, and are all equal. Default 1. */
        alike: z.int().min(2).optional(),
      }),
    )
    .min(1),
});
export type EqualEntry = z.infer<typeof Entry>;
type EqualMutant = EqualEntry['mutants'][number];

export const readEqual = (): EqualEntry[] =>
  z.array(Entry).parse(parse(readFileSync(join(import.meta.dirname, 'equal.yaml'), 'utf8')));

export interface EqualFound {
  /** Ids. */
  readonly equal: ReadonlySet<string>;
  /** One line a fault of the list. */
  readonly faults: readonly string[];
}

/** @param killed ids of the mutants that a test noticed. */
export function findEqual(
  entries: readonly EqualEntry[],
  mutants: readonly Mutant[],
  killed: ReadonlySet<string>,
): EqualFound {
  const equal = new Set<string>();
  const faults: string[] = [];
  for (const { file, mutants: listed } of entries) {
    const inFile = mutants.filter((mutant) => mutant.file === file);
    for (const wanted of listed) {
      const name = `equal.yaml: ${file}: "${wanted.from ?? wanted.at}" → "${wanted.to}" in "${wanted.at}"`;
      const found = inFile.filter((mutant) => matches(mutant, wanted));
      const count = wanted.alike ?? 1;
      if (found.length === 0) faults.push(`${name}: no such mutant`);
      else if (found.length !== count)
        faults.push(`${name}: ${String(found.length)} are written so, not ${String(count)}: see alike`);
      else if (found.some(({ id }) => killed.has(id)))
        faults.push(`${name}: a test notices it, so it is not equal`);
      else for (const { id } of found) equal.add(id);
    }
  }
  return { equal, faults };
}

const startsAs = (text: string, wanted: string): boolean =>
  wanted.endsWith('…') ? text.startsWith(wanted.slice(0, -1)) : text === wanted;

const matches = (mutant: Mutant, { at, from = at, to }: EqualMutant): boolean =>
  mutant.at === at && startsAs(mutant.from, from) && startsAs(mutant.to, to);
