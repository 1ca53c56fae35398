/**
 * What the schema has found, as problems at their places: each fault once, and a key that was mistyped is not missed
 * under its right name as well.
 */
import type { z } from 'zod';
import type { DocumentProblem } from '../../domain/document-problem.ts';
import { explainUnknownKey, nearestKey } from './known-keys.ts';
import { formatPath } from './problem.ts';
import { rulesSchema } from './schema.ts';
import type { YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

export function explainIssues(issues: readonly Issue[], source: YamlSource): readonly DocumentProblem[] {
  const all = issues.flatMap((issue) => flatten(issue, source));
  const mistyped = new Set(all.flatMap(meantKeys));
  const ofWrongType = new Set(all.filter(({ code }) => code === 'invalid_type').map(placeOf));
  return all
    .filter((issue) => issue.code === 'invalid_type' || !ofWrongType.has(placeOf(issue)))
    .filter((issue) => !(mistyped.has(placeOf(issue)) && issue.message.startsWith('is missing')))
    .flatMap((issue) => explain(issue, source));
}

function pathOf({ path }: Issue): (string | number)[] {
  return path.filter((step) => typeof step !== 'symbol');
}

function placeOf(issue: Issue): string {
  return formatPath(pathOf(issue));
}

/** The keys that its unknown keys are taken for. */
function meantKeys(issue: Issue): readonly string[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const path = pathOf(issue);
  return issue.keys.flatMap((key) => {
    const nearest = nearestKey(key, path);
    return nearest === undefined ? [] : [formatPath([...path, nearest])];
  });
}

/** Of alternatives what is wrong with the one that was meant. */
function flatten(issue: Issue, source: YamlSource): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const inside = (inner: readonly Issue[], path = issue.path): readonly Issue[] =>
    inner.flatMap((one) => flatten({ ...one, path: [...path, ...one.path] }, source));
  if (issue.errors.length === 0) {
    return [issue, ...inside(otherFaultsOfRule(issue, source), issue.path.slice(0, 2))];
  }
  // The one of the value's own type.
  const meant = issue.errors.find(
    (issues) => !issues.some((one) => one.code === 'invalid_type' && one.path.length === 0),
  );
  return meant === undefined ? [issue] : inside(meant);
}

/** A rule that says neither exclude nor boost: what else is wrong with it. */
function otherFaultsOfRule(issue: Issue, source: YamlSource): readonly Issue[] {
  const value = source.valueAt(pathOf(issue).slice(0, 2));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const rule = { ...value, then: 'by' in value ? 'boost' : 'exclude' };
  const judged = rulesSchema.shape.rules.safeParse([rule]);
  return (judged.error?.issues ?? []).map((one) => ({ ...one, path: one.path.slice(1) }));
}

function explain(issue: Issue, source: YamlSource): readonly DocumentProblem[] {
  const path = pathOf(issue);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const whole = [...path, key];
      return {
        ...source.positionOfKey(whole),
        path: formatPath(whole),
        message: explainUnknownKey(key, path, source.valueAt(whole)),
      };
    });
  }
  if (source.isSetAside(path)) return [];
  const { offset, key } = (issue.code === 'custom' ? issue.params : undefined) ?? {};
  if (key === true) {
    return [{ ...source.positionOfKey(path), path: formatPath(path), message: issue.message }];
  }
  // Of too long a list the first entry that is too many.
  const isLongList = issue.code === 'too_big' && issue.origin === 'array';
  const place = isLongList ? [...path, Number(issue.maximum)] : path;
  const at = source.positionOf(place, typeof offset === 'number' ? offset : undefined);
  return [{ ...at, path: formatPath(path), message: asWritten(issue, source.writtenAt(path)) }];
}

/** A number, true or null where a text is expected: letter by letter, as `1.10` is not `1.1` to its author. */
function asWritten(issue: Issue, written: string | undefined): string {
  const isText =
    issue.code === 'invalid_union' || (issue.code === 'invalid_type' && issue.expected === 'string');
  if (!isText || written === undefined || written === '') return issue.message;
  const [, expected = '', advice] = /^(.*?), found [^:]*(: .*)?$/s.exec(issue.message) ?? [];
  return `${expected}, found ${written}${advice ?? `: write "${written}"`}`;
}
