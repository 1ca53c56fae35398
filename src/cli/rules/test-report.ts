/** What `test` prints: failures with expected and actual side by side, what is not covered, what is not noticed. */
import { formatPath } from '../../rules/document/problem.ts';
import type { Coverage } from '../../replay/examples/watch-coverage.ts';
import type { Difference } from '../../replay/examples/run-example.ts';
import type { Mutation } from '../../replay/mutants/try-mutants.ts';
import type { CommandContext } from './ports.ts';
import { percentOf, type TestRun } from './test-run.ts';

export function sayTestRun(run: TestRun, { say }: Pick<CommandContext, 'say'>): void {
  const failed = run.tried.filter(({ differences }) => differences.length > 0);
  for (const { example, differences, why } of failed) {
    say(`✗ ${example.name}`);
    say(`    ${run.testsFile}:${String(example.line)}`);
    for (const line of sideBySide(differences)) say(`    ${line}`);
    for (const [index, line] of why.entries()) say(`    ${index === 0 ? 'why: ' : '     '}${line}`);
    say('');
  }
  const { length } = run.tried;
  say(`${run.testsFile}: ${String(length - failed.length)} of ${String(length)} examples hold`);
  if (run.coverage !== undefined) sayCoverage(run, run.coverage, say);
  if (run.mutation !== undefined) sayMutation(run, run.mutation, say);
}

export function sideBySide(differences: readonly Difference[]): readonly string[] {
  const rows = [
    ['', 'expected', 'actual'],
    ...differences.map(({ field, expected, actual }) => [field, shown(expected), shown(actual)]),
  ];
  const width = (column: number): number => Math.max(...rows.map((row) => (row[column] ?? '').length));
  const [first, second] = [width(0), width(1)];
  return rows.map(([field = '', expected = '', actual = '']) =>
    `${field.padEnd(first)}  ${expected.padEnd(second)}  ${actual}`.trimEnd(),
  );
}

function shown(value: Difference['actual']): string {
  return value === undefined || value === null ? '–' : String(value);
}

function sayCoverage(
  run: TestRun,
  { sides, shown: seen, missing }: Coverage,
  say: (line: string) => void,
): void {
  say(`coverage: ${percentOf(seen, sides).toFixed(1)} %, ${String(seen)} of ${String(sides)}`);
  for (const { point, side } of missing) {
    say(`  ${run.rulesFile}:${String(run.positionOf(point.path).line)} ${point.name}: never seen ${side}`);
  }
}

function sayMutation(run: TestRun, { mutants, unnoticed }: Mutation, say: (line: string) => void): void {
  const noticed = mutants - unnoticed.length;
  say(
    `mutants: ${percentOf(noticed, mutants).toFixed(1)} % noticed, ${String(noticed)} of ${String(mutants)}`,
  );
  for (const { path, was, is, hint } of unnoticed) {
    const { line, column } = run.positionOf(path);
    say(`  ${run.rulesFile}:${String(line)}:${String(column)} ${formatPath(path)}: ${was} → ${is}`);
    say(`      would be noticed by ${hint}`);
  }
}

/** What `--json` prints. */
export function testRunJson({
  rulesFile,
  testsFile,
  tried,
  coverage,
  mutation,
  positionOf,
}: TestRun): unknown {
  return {
    rules: rulesFile,
    tests: testsFile,
    passed: tried.filter(({ differences }) => differences.length === 0).length,
    failed: tried.filter(({ differences }) => differences.length > 0).length,
    examples: tried.map(({ example: { name, line }, differences, why }) => ({
      ...{ name, line, ok: differences.length === 0 },
      ...(differences.length > 0 && { differences, why }),
    })),
    ...(coverage && {
      coverage: {
        percent: percentOf(coverage.shown, coverage.sides),
        missing: coverage.missing.map(({ point, side }) => ({
          ...{ path: formatPath(point.path), line: positionOf(point.path).line, side },
        })),
      },
    }),
    ...(mutation && {
      mutation: {
        percent: percentOf(mutation.mutants - mutation.unnoticed.length, mutation.mutants),
        mutants: mutation.mutants,
        unnoticed: mutation.unnoticed.map(({ path, was, is, hint }) => ({
          ...{ path: formatPath(path), ...positionOf(path), was, is, hint },
        })),
      },
    }),
  };
}
