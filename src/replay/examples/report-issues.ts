/** What the schema of a file of examples has found, as problems at their places. */
import type { z } from 'zod';
import { show, type Path } from '../../rules/document/problem.ts';
import { suggest } from '../../rules/language/suggest.ts';
import { KNOWN_KEYS } from './schema.ts';

/** @param isKey what is wrong is the key itself, and not its value. */
export type Report = (path: Path, message: string, isKey?: boolean) => void;

interface Into {
  readonly report: Report;
  /** Where in the file what stands at a path of the judged value is written. */
  readonly placeOf: (path: Path) => Path;
  /** What the judged value is, for its unknown keys: a key of {@link KNOWN_KEYS}. */
  readonly section: string;
}

export function reportIssues(issues: readonly z.core.$ZodIssue[], into: Into): void {
  const { report, placeOf } = into;
  const mistyped = new Set(
    issues.flatMap(({ code, path }) => (code === 'unrecognized_keys' ? [path.join()] : [])),
  );
  for (const issue of issues) {
    // A mistyped key is there, and not missed as well.
    if (issue.code === 'custom' && mistyped.has(issue.path.join())) continue;
    const path = issue.path.filter((step) => typeof step !== 'symbol');
    if (issue.code === 'unrecognized_keys') {
      const section = path.findLast((step) => typeof step === 'string') ?? into.section;
      for (const key of issue.keys) report([...placeOf(path), key], explainKey(key, section), true);
      continue;
    }
    if (issue.code === 'invalid_union') {
      // What is wrong with the alternative that was meant: the one of the value's own type.
      const meant = issue.errors.find(
        (inner) => !inner.some((one) => one.code === 'invalid_type' && one.path.length === 0),
      );
      const inner = (meant ?? []).map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
      if (inner.length > 0) {
        reportIssues(inner, into);
        continue;
      }
    }
    const place = placeOf(path);
    const isBare = issue.message.startsWith('expected') && !issue.message.includes('found');
    report(place, isBare ? `${issue.message}, found ${show(issue.input)}` : issue.message);
  }
}

export function explainKey(key: string, section: string): string {
  const known = KNOWN_KEYS[section] ?? [];
  const nearest = suggest(key, known) ?? known.find((name) => name.startsWith(key));
  if (nearest !== undefined) return `unknown key "${key}", did you mean "${nearest}"?`;
  return `unknown key "${key}"; there are ${known.join(', ')}`;
}
