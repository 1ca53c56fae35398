/**
 * `npm run check`: everything that must hold before a change is shared, in one command. The steps that only read
 * the code run beside the tests at a lower priority: tests wait for a quarter of their time. Where a step fails the
 * tests are stopped, and the other steps go on, so that one run names every fault. Says what each step took. The last
 * line is the tests' summary, or where a step failed, the count of steps; the exit code agrees with it.
 */
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { performance } from 'node:perf_hooks';
import { runTests } from './test-run.ts';
import { formatSummary, type TestSummary } from './test-summary.ts';

interface StepResult {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
}

/** Below the tests' 0: a step gets what they leave, and some of what they want. */
const PRIORITY = 5;
/** Names of npm scripts: those that fail soonest come first. */
const STATIC_STEPS = ['types', 'directions', 'dead-code', 'docs:check', 'format:check', 'audit', 'lint'];
/** What they say is shown when they hold, too: it may be that they did not run. */
const SPEAKING_STEPS: ReadonlySet<string> = new Set(['audit']);

async function runStaticSteps(onFailure: () => void): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const name of STATIC_STEPS) {
    const result = await runScript(name);
    results.push(result);
    if (!result.ok) onFailure();
  }
  return results;
}

/** Output is kept until the step ends, so that two steps' lines never mix; of a step that holds it is dropped. */
async function runScript(name: string): Promise<StepResult> {
  const start = performance.now();
  const output: Buffer[] = [];
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] });
  yieldToTests(child.pid);
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
  if (!ok || SPEAKING_STEPS.has(name)) process.stdout.write(Buffer.concat(output));
  return result;
}

/** What the step starts inherits it. */
function yieldToTests(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, PRIORITY);
  } catch {
    // It has ended, or the system allows no priorities: the step competes with the tests.
  }
}

function describeStep({ name, ok, seconds }: StepResult): string {
  return `${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s`;
}

const startedAt = performance.now();
const secondsSince = (startMs: number): number => (performance.now() - startMs) / 1000;
const stopTests = new AbortController();
const checking = runStaticSteps(() => stopTests.abort());
const tested = await runTests(process.argv.slice(2), stopTests.signal);
const testSeconds = secondsSince(startedAt);
const steps = await checking;
const failed = steps.filter(({ ok }) => !ok);
console.log('');
for (const step of [...steps, { name: 'test', ok: tested.failed === 0, seconds: testSeconds }])
  console.log(describeStep(step));
console.log(`${secondsSince(startedAt).toFixed(1)} s in all`);
const summary: TestSummary =
  failed.length === 0 ? tested : { passed: steps.length - failed.length, failed: failed.length, skipped: 0 };
if (failed.length > 0) console.log(`Failed beside the tests: ${failed.map(({ name }) => name).join(', ')}`);
console.log(formatSummary(summary));
process.exitCode = summary.failed > 0 ? 1 : 0;
