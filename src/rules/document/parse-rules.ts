/**
 * A rule document's text → rules that run, or everything that is wrong with it. Never throws, whatever the text.
 * What is accepted has been compiled and type-checked: its conditions, templates, time zones and durations.
 */
import type { z } from 'zod';
import type { Ruleset } from '../../pipeline/ports.ts';
import { hashDocument } from '../../domain/document-hash.ts';
import { compileRules } from './compile-rules.ts';
import type { DocumentProblem } from '../../domain/document-problem.ts';
import { formatPath, inReadingOrder, type Path } from './problem.ts';
import { explainUnknownKey } from './known-keys.ts';
import { rulesSchema, type RulesDocument } from './schema.ts';
import { readYaml, type Position, type YamlSource } from './yaml-source.ts';

export type ParsedRules =
  | { readonly ok: true; readonly rules: Ruleset; readonly document: RulesDocument }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

const MAX_PROBLEMS = 50;

/**
 * @param text YAML 1.2 or JSON, at most 64 Ki characters.
 * @param hash of the bytes that the text was read from; of the text itself by default.
 */
export function parseRules(text: string, hash = hashDocument(text)): ParsedRules {
  const read = readYaml(text);
  if (!read.ok) return read;
  const { source } = read;
  const parsed = rulesSchema.safeParse(source.data);
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => explainIssue(issue, source))),
    ...findClashes(source),
  ];
  if (!parsed.success || problems.length > 0) {
    return { ok: false, problems: inReadingOrder(problems).slice(0, MAX_PROBLEMS) };
  }
  return { ok: true, rules: compileRules(parsed.data, hash), document: parsed.data };
}

function problem(at: Position, path: Path, message: string): DocumentProblem {
  return { ...at, path: formatPath(path), message };
}

function explainIssue(issue: z.core.$ZodIssue, source: YamlSource): readonly DocumentProblem[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const whole = [...path, key];
      return problem(source.positionOfKey(whole), whole, explainUnknownKey(key, path));
    });
  }
  if (issue.code === 'invalid_union') {
    // What is wrong with the alternative that was meant: the one of the value's own type.
    const meant = issue.errors.find(
      (issues) => !issues.some((one) => one.code === 'invalid_type' && one.path.length === 0),
    );
    const inner = (meant ?? []).map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
    if (inner.length > 0) return inner.flatMap((one) => explainIssue(one, source));
  }
  const { offset, key } = (issue.code === 'custom' ? issue.params : undefined) ?? {};
  if (key === true) return [problem(source.positionOfKey(path), path, issue.message)];
  const at = source.positionOf(path, typeof offset === 'number' ? offset : undefined);
  return [problem(at, path, issue.message)];
}

/** What holds between two places of the document; looked for also where others of its places are wrong. */
function findClashes(source: YamlSource): readonly DocumentProblem[] {
  const problems: DocumentProblem[] = [];
  const { rules, quietHours } = asRecord(source.data);
  const first = new Map<string, number>();
  (Array.isArray(rules) ? rules : []).forEach((rule: unknown, index) => {
    const { id } = asRecord(rule);
    if (typeof id !== 'string') return;
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, index);
    else {
      const path = ['rules', index, 'id'];
      const where = source.positionOf(['rules', earlier, 'id']).line;
      problems.push(
        problem(
          source.positionOf(path),
          path,
          `the rule in line ${String(where)} has the id "${id}" already`,
        ),
      );
    }
  });
  const { from, to } = asRecord(quietHours);
  if (typeof from === 'string' && from === to) {
    const path = ['quietHours', 'to'];
    const message =
      'quiet hours that end when they begin are all day or never: leave the section out, or set enabled: false';
    problems.push(problem(source.positionOf(path), path, message));
  }
  return problems;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
