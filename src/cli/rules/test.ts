/**
 * `test FILE [TESTS]`: the examples beside a rules file, tried through the code that pods run. Needs no service. A run
 * without examples is no success: nothing was shown.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { readExamples, type Example } from '../../replay/examples/read-examples.ts';
import { matchesName } from './match-name.ts';
import type { CommandContext, ExitCode, TryExamples } from './ports.ts';
import { explainReadError, loaderBeside, readRulesFile, readText, sayProblems } from './rules-file.ts';
import { junitXml } from './test-junit.ts';
import { sayTestRun, testRunJson } from './test-report.ts';
import { percentOf, runTests, type TestRun } from './test-run.ts';

export interface TestOptions {
  /** Part of an example's name; `*` stands for anything. */
  readonly only?: string;
  /** Where the JUnit report goes. */
  readonly junit?: string;
  readonly json?: true;
  readonly coverage?: true;
  readonly mutate?: true;
  /** Percent of the mutants that must be noticed. */
  readonly min?: number;
}

/** @returns `rules/default.test.yaml` for `rules/default.yaml`: the extension replaced. */
export function testsFileOf(rulesFile: string): string {
  return `${rulesFile.replace(/\.(ya?ml|json)$/i, '')}.test.yaml`;
}

export async function test(
  rulesFile: string,
  testsFile: string,
  options: TestOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { complain } = context;
  const rules = await readRulesFile(rulesFile, context);
  if (rules === undefined) return 1;
  const examples = await readTestsFile(testsFile, context);
  if (examples === undefined) return 1;
  const wanted = examples.filter(({ name }) => matchesName(name, options.only));
  if (wanted.length === 0) {
    complain(
      `${testsFile}: ${options.only === undefined ? 'there are no examples' : `no example is called ${options.only}`}`,
    );
    return 1;
  }
  const run = await runTests({ rulesFile, testsFile, rules }, wanted, options);
  if (options.json === true) context.say(JSON.stringify(testRunJson(run), undefined, 2));
  else sayTestRun(run, context);
  if (options.junit !== undefined && !(await writeReport(options.junit, run, context))) return 1;
  return verdict(run, options, context);
}

/** The examples beside a rules file, where there are any. */
export const tryExamples: TryExamples = async (rulesFile, context) => {
  const testsFile = testsFileOf(rulesFile);
  if (!existsSync(testsFile)) return undefined;
  return (await test(rulesFile, testsFile, {}, context)) === 0;
};

async function readTestsFile(file: string, context: CommandContext): Promise<readonly Example[] | undefined> {
  const text = await readText(file, context);
  if (text === undefined) return undefined;
  const read = readExamples(text, loaderBeside(file));
  if (read.ok) return read.examples;
  sayProblems(file, read.problems, context);
  return undefined;
}

async function writeReport(file: string, run: TestRun, { complain }: CommandContext): Promise<boolean> {
  try {
    await writeFile(file, junitXml(run));
    return true;
  } catch (error) {
    complain(`${file}: ${explainReadError(error)}`);
    return false;
  }
}

function verdict(
  { tried, mutation }: TestRun,
  { min, mutate }: TestOptions,
  { complain }: CommandContext,
): ExitCode {
  if (tried.some(({ differences }) => differences.length > 0)) {
    if (mutate === true) complain('no mutants were tried, as an example fails');
    return 1;
  }
  if (mutation === undefined || min === undefined) return 0;
  const percent = percentOf(mutation.mutants - mutation.unnoticed.length, mutation.mutants);
  if (percent >= min) return 0;
  complain(`${percent.toFixed(1)} % of the mutants are noticed, below --min ${String(min)}`);
  return 1;
}
