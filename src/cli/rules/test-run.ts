/** A run of examples: each tried, what they cover, and which changes of the rules they do not notice. */
import type { Example } from '../../replay/examples/read-examples.ts';
import { runExample, type Tried } from '../../replay/examples/run-example.ts';
import { watchCoverage, type Coverage } from '../../replay/examples/watch-coverage.ts';
import { explainGiven } from '../../replay/explain/explain-given.ts';
import { tryMutants, type Mutation } from '../../replay/mutants/try-mutants.ts';
import { compileRules } from '../../rules/document/compile-rules.ts';
import type { Path } from '../../rules/document/problem.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import { readYaml, type Position } from '../../rules/document/yaml-source.ts';
import { briefLines } from './explanation/lines.ts';
import type { RulesFile } from './rules-file.ts';

export interface TestRun {
  readonly rulesFile: string;
  readonly testsFile: string;
  readonly tried: readonly (Tried & { readonly why: readonly string[] })[];
  readonly coverage: Coverage | undefined;
  /** Undefined where it was not asked for, or an example fails. */
  readonly mutation: Mutation | undefined;
  readonly positionOf: (path: Path) => Position;
  readonly durationMs: number;
}

interface Files {
  readonly rulesFile: string;
  readonly testsFile: string;
  readonly rules: RulesFile;
}

/** Tries the examples, and the document's mutants where all of them hold. */
export async function runTests(
  { rulesFile, testsFile, rules: { document, text } }: Files,
  examples: readonly Example[],
  { coverage, mutate }: { readonly coverage?: true; readonly mutate?: true },
): Promise<TestRun> {
  const startedMs = performance.now();
  const watch = watchCoverage(document);
  const ruleset = compileRules(document, '', watch.witness);
  const tried: (Tried & { readonly why: readonly string[] })[] = [];
  for (const example of examples) {
    const one = await runExample(example, ruleset);
    watch.note(example.given, one.decision);
    tried.push({
      ...one,
      why: one.differences.length === 0 ? [] : await whyOf(document, example),
    });
  }
  const allHold = tried.every(({ differences }) => differences.length === 0);
  const { source } = readYaml(text);
  return {
    ...{ rulesFile, testsFile, tried },
    coverage: coverage === true ? watch.read() : undefined,
    mutation: mutate === true && allHold ? await tryMutants(document, examples) : undefined,
    positionOf: (path) => source?.positionOf(path) ?? { line: 1, column: 1 },
    durationMs: performance.now() - startedMs,
  };
}

async function whyOf(document: RulesDocument, { given }: Example): Promise<readonly string[]> {
  return briefLines((await explainGiven(document, '', given)).explanation);
}

/** Of nothing all is there. */
export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 100 : (100 * part) / whole;
}
