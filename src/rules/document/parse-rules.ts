/**
 * A rule document's text → rules that run, or everything that is wrong with it. Never throws, whatever the text.
 * What is accepted has been compiled and type-checked: its conditions, templates, time zones and durations.
 */
import type { Ruleset } from '../../pipeline/ports.ts';
import { hashDocument } from '../../domain/document-hash.ts';
import { compileRules } from './compile-rules.ts';
import type { DocumentProblem } from '../../domain/document-problem.ts';
import { asRecord } from '../../runtime/as-record.ts';
import { formatPath, inReadingOrder, type Path } from './problem.ts';
import { explainIssues } from './explain-issue.ts';
import { rulesSchema, type RulesDocument } from './schema.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

export type ParsedRules =
  | { readonly ok: true; readonly rules: Ruleset; readonly document: RulesDocument }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

const MAX_PROBLEMS = 50;

/**
 * @param text YAML 1.2 or JSON, at most 64 Ki characters.
 * @param hash of the bytes that the text was read from; of the text itself by default.
 */
export function parseRules(text: string, hash = hashDocument(text)): ParsedRules {
  const { problems: unreadable, source } = readYaml(text);
  if (source === undefined) return refuse(unreadable);
  const parsed = rulesSchema.safeParse(source.data);
  const problems = [
    ...unreadable,
    ...(parsed.success ? [] : explainIssues(parsed.error.issues, source)),
    ...findClashes(source),
  ];
  if (!parsed.success || problems.length > 0) return refuse(problems);
  return { ok: true, rules: compileRules(parsed.data, hash), document: parsed.data };
}

/** Each once, in the order in which a reader meets them. */
function refuse(problems: readonly DocumentProblem[]): ParsedRules {
  const once = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  const ordered = inReadingOrder([...once.values()]);
  const [next] = ordered.slice(MAX_PROBLEMS);
  if (next === undefined) return { ok: false, problems: ordered };
  const message = `and ${String(ordered.length - MAX_PROBLEMS)} more problems from here on`;
  return { ok: false, problems: [...ordered.slice(0, MAX_PROBLEMS), { ...next, message }] };
}

/** What holds between two places of the document; looked for also where others of its places are wrong. */
function findClashes(source: YamlSource): readonly DocumentProblem[] {
  const problems: DocumentProblem[] = [];
  const report = (path: Path, message: string): void => {
    if (source.isSetAside(path)) return;
    problems.push({ ...source.positionOf(path), path: formatPath(path), message });
  };
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
      report(path, `the rule in line ${String(where)} has the id "${id}" already`);
    }
  });
  const { from, to } = asRecord(quietHours);
  if (typeof from === 'string' && from === to) {
    const path = ['quietHours', 'to'];
    const message =
      'quiet hours that end when they begin are all day or never: leave the section out, or set enabled: false';
    report(path, message);
  }
  return problems;
}
