/**
 * `npm run check`: everything that must hold before a change is shared, in one command. The steps that only read
 * the code run first, two at a time, and all of them, so that one run names every fault; the tests run when they
 * hold. Says what each step took. The last line is the tests' summary, or where a step before them failed, the
 * count of steps; the exit code agrees with it.
 */
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { runTests } from './test-run.ts';
import { formatSummary, type TestSummary } from './test-summary.ts';

interface StepResult {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
}

/** Names of npm scripts, longest first so that two lanes end together. */
const STATIC_STEPS = ['lint', 'types', 'format:check', 'directions', 'dead-code', 'docs:check'];
const LANES = 2;

async function runStaticSteps(): Promise<StepResult[]> {
  const waiting = [...STATIC_STEPS];
  const results: StepResult[] = [];
  const lane = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      results.push(await runScript(name));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}

/** Output is kept until the step ends, so that two steps' lines never mix; of a step that holds it is dropped. */
async function runScript(name: string): Promise<StepResult> {
  const start = performance.now();
  const output: Buffer[] = [];
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const ok = await new Promise<boolean>((resolve) => {
    child.once('error', (error) => {
      output.push(Buffer.from(`${error.message}\n`));
      resolve(false);
    });
    child.once('close', (code) => {
      resolve(code === 0);
    });
  });
  const result = { name, ok, seconds: (performance.now() - start) / 1000 };
  console.log(describeStep(result));
  if (!ok) process.stdout.write(Buffer.concat(output));
  return result;
}

function describeStep({ name, ok, seconds }: StepResult): string {
  return `${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s`;
}

const startedAt = performance.now();
const steps = await runStaticSteps();
const failed = steps.filter(({ ok }) => !ok);
let summary: TestSummary;
if (failed.length > 0) {
  console.log(
    `\nFailed before the tests: ${failed.map(({ name }) => name).join(', ')}. The tests did not run.`,
  );
  summary = { passed: steps.length - failed.length, failed: failed.length, skipped: 0 };
} else {
  const testsStartedAt = performance.now();
  summary = await runTests(process.argv.slice(2));
  const seconds = (performance.now() - testsStartedAt) / 1000;
  console.log('');
  for (const step of [...steps, { name: 'test', ok: summary.failed === 0, seconds }])
    console.log(describeStep(step));
}
console.log(`${((performance.now() - startedAt) / 1000).toFixed(1)} s in all`);
console.log(formatSummary(summary));
process.exitCode = summary.failed > 0 ? 1 : 0;
