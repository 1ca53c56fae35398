/** A rule document changed in one place: what examples should notice. */
import type { Path } from '../../rules/document/problem.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';

/** A change that may turn out to mean the same, or to be no valid document. */
export interface Change {
  readonly path: Path;
  /** What stands there instead; undefined: nothing. */
  readonly value: unknown;
  /** The place before and after, in a few words. */
  readonly was: string;
  readonly is: string;
  /** Which example would notice. */
  readonly hint: string;
}

export interface Mutant extends Omit<Change, 'value'> {
  readonly document: RulesDocument;
}

/** @returns a copy with the value at the path; undefined takes the key, or the entry of a list, away. */
export function replaceAt(data: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(data)) {
    const index = Number(step);
    const changed = replaceAt(data[index], rest, value);
    return changed === undefined ? data.toSpliced(index, 1) : data.with(index, changed);
  }
  const section = data as Readonly<Record<string, unknown>>;
  const changed = replaceAt(section[step], rest, value);
  if (changed !== undefined) return { ...section, [step]: changed };
  return Object.fromEntries(Object.entries(section).filter(([key]) => key !== String(step)));
}

/** A value in a few words. */
export function inWords(value: unknown): string {
  if (value === undefined) return 'left out';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
