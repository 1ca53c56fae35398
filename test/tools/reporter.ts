/**
 * Says every 30 s what runs, keeps what each file cost, says which tests were skipped and why, and closes the run with
 * what failed, a line each, and the summary line. They are written as the process exits, after whatever the services'
 * end prints: a build server may show the last lines alone. Under `npm test` (which names a file in
 * TEST_SUMMARY_FILE) the counts go there instead, and the runner that outlives a crash of vitest prints the line.
 */
import { writeFileSync, writeSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { keepCost } from './kept-costs.ts';
import { createProgress } from './progress.ts';
import { formatFailures, formatSummary, settleSummary, type TestSummary } from './test-summary.ts';

export function summaryReporter(): Reporter {
  let summary: TestSummary | undefined;
  let failures: readonly string[] = [];
  const progress = createProgress((line) => console.log(line));
  return {
    onInit() {
      const file = process.env['TEST_SUMMARY_FILE'];
      process.once('exit', (code) => {
        writeSync(1, formatFailures(failures));
        if (file === undefined) writeSync(1, `${formatSummary(settleSummary(summary, code === 0))}\n`);
        else if (summary !== undefined) writeFileSync(file, JSON.stringify(summary));
      });
    },
    onTestRunStart(specifications) {
      progress.begin(specifications.length);
    },
    onTestModuleStart(module) {
      progress.started(module.relativeModuleId);
    },
    onTestModuleEnd(module) {
      progress.ended(module.relativeModuleId);
      keepCost(module);
    },
    onTestRunEnd(modules, unhandledErrors, reason) {
      progress.end();
      const counted = countTests(modules);
      const broken = unhandledErrors.length + (reason === 'interrupted' ? 1 : 0);
      summary = { ...counted, failed: counted.failed + broken };
      failures = [
        ...modules.flatMap(failuresOf),
        ...unhandledErrors.map(({ message }) => `outside of any test: ${message}`),
      ];
    },
  };
}

function countTests(modules: readonly TestModule[]): TestSummary {
  let passed = 0;
  let failed = 0;
  let skippedCount = 0;
  /** By reason. */
  const skipped = new Map<string, string[]>();
  for (const module of modules) {
    // A file that can't be loaded, or a hook around its tests that throws, belongs to no test: it counts as one.
    failed += module.errors().length;
    for (const suite of module.children.allSuites()) failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const state = test.result().state;
      if (state === 'passed') passed += 1;
      else if (state === 'skipped') {
        const reason = reasonOf(test);
        skipped.set(reason, [
          ...(skipped.get(reason) ?? []),
          `${module.relativeModuleId} > ${test.fullName}`,
        ]);
        skippedCount += 1;
      } else failed += 1;
    }
  }
  for (const [reason, tests] of skipped) {
    console.log(`\nSkipped: ${reason}\n${tests.map((test) => `  ${test}`).join('\n')}`);
  }
  return { passed, failed, skipped: skippedCount };
}

/** One text each: which test, and what was said of it. */
function failuresOf(module: TestModule): string[] {
  const told = (names: readonly string[], errors: readonly { readonly message: string }[]) =>
    errors.map(({ message }) => `${[module.relativeModuleId, ...names].join(' > ')}: ${message}`);
  return [
    ...told([], module.errors()),
    ...[...module.children.allSuites()].flatMap((suite) => told([suite.fullName], suite.errors())),
    ...[...module.children.allTests('failed')].flatMap((test) =>
      told([test.fullName], test.result().errors?.slice(0, 1) ?? []),
    ),
  ];
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  const otherwise =
    test.options.mode === 'run' ? 'its set-up failed' : `no reason given (${test.options.mode})`;
  return note ?? otherwise;
}
