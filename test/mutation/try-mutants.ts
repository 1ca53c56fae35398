/**
 * The process that tries mutants (or, before that, finds which case reaches which mutant). It is a child of the
 * command, as a mutant may run into an endless loop or out of memory: the command then counts it as noticed and
 * starts another process for the rest.
 */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { vi } from 'vitest';
import '../tools/property-seed.ts';
import { sandboxModules } from './modules.ts';
import type { Answer, CaseCoverage, Task, Trial } from './plan.ts';
import { collectCases, type TestCase } from './suite.ts';

/** What a case may take without a mutant. */
const FIRST_LIMIT_MS = 120_000;
const REST_MS = 1;

/** What the instrumented source reads and writes; its names are the instrumenter's. */
interface Switches {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}

const switches: Switches = {};
Object.assign(globalThis, { __stryker__: switches, __vitest_worker__: { config: { fakeTimers: {} } } });
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });

const task = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Task;
const modules = sandboxModules(task.sandbox);
const {
  setTimeout: setRealTimeout,
  clearTimeout: clearRealTimeout,
  setImmediate: setRealImmediate,
} = globalThis;

let lastSent = Promise.resolve();
const answer = (message: Answer): void => {
  lastSent = new Promise((resolve) => {
    process.send?.(message, undefined, {}, () => {
      resolve();
    });
  });
};
const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

let caseLimitMs = FIRST_LIMIT_MS;
let interrupt: (why: Error) => void = () => undefined;
/** An error of an earlier generation is a leftover of an earlier mutant. */
const onStray = (error: unknown): void => {
  const text = textOf(error);
  if (text.includes('?generation=') && !text.includes(modules.generationTag())) return;
  interrupt(error instanceof Error ? error : new Error(String(error)));
};
process.on('uncaughtException', onStray);
process.on('unhandledRejection', onStray);
// Without the command that started it, it has nothing to do. The channel alone keeps nothing alive.
process.on('disconnect', () => process.exit());
process.channel?.unref();
// Nothing is left that could wake the process, and the case has not ended: it never will.
process.on('beforeExit', () => {
  interrupt(new Error('hangs'));
});

/** @throws what `work` throws, a stray error of this generation, or that it hangs. */
async function limited(work: () => Promise<unknown>): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  try {
    await Promise.race([
      work(),
      new Promise<never>((_, reject) => {
        interrupt = reject;
        limit = setRealTimeout(() => {
          reject(new Error('takes too long'));
        }, caseLimitMs);
        limit.unref();
      }),
    ]);
  } finally {
    clearRealTimeout(limit);
    if (vi.isFakeTimers()) vi.useRealTimers();
  }
}

/** Lets stray errors of what just ran arrive while they still belong to it. */
const rest = (): Promise<void> =>
  new Promise((resolve) => setRealImmediate(() => setRealTimeout(resolve, REST_MS)));

async function loadCases(file: string): Promise<TestCase[]> {
  let found: TestCase[] = [];
  await limited(async () => {
    found = await collectCases(() => modules.load(file));
  });
  return found;
}

async function coverFile(file: string): Promise<void> {
  modules.beginGeneration();
  const counts = { static: {}, perTest: {} as Record<string, Record<string, number>> };
  Object.assign(switches, { mutantCoverage: counts, currentTestId: undefined });
  const cases: CaseCoverage[] = [];
  let name = file;
  try {
    const found = await loadCases(file);
    for (const [index, testCase] of found.entries()) {
      name = `${file} > ${testCase.name}`;
      switches.currentTestId = `case ${String(index)}`;
      const start = performance.now();
      await limited(testCase.run);
      const ms = performance.now() - start;
      cases.push({ name: testCase.name, ms, hits: counts.perTest[switches.currentTestId] ?? {} });
    }
    switches.currentTestId = undefined;
    await rest();
    answer({ kind: 'covered', coverage: { file, loading: counts.static, cases } });
  } catch (error) {
    answer({ kind: 'failed', test: name, why: textOf(error) });
  }
}

/** @returns the case that fails, or undefined where the mutant survives. */
async function tryMutant({ mutant, hitLimit, files, ...limits }: Trial): Promise<string | undefined> {
  ({ caseLimitMs } = limits);
  for (const { file, cases } of files) {
    modules.beginGeneration();
    Object.assign(switches, { activeMutant: mutant, hitCount: 0, hitLimit });
    let name = file;
    try {
      const found = await loadCases(file);
      for (const index of cases) {
        const testCase = found[index];
        if (testCase === undefined) return `${file}: a case is missing`;
        name = `${file} > ${testCase.name}`;
        await limited(async () => {
          await testCase.run();
          if ((switches.hitCount ?? 0) > hitLimit) throw new Error('runs without end');
        });
      }
      await limited(rest);
    } catch {
      return name;
    } finally {
      switches.activeMutant = undefined;
    }
  }
  return undefined;
}

async function main(): Promise<void> {
  if (task.kind === 'cover') for (const file of task.files) await coverFile(file);
  else
    for (const trial of task.trials) {
      answer({ kind: 'trying', mutant: trial.mutant });
      answer({ kind: 'tried', mutant: trial.mutant, killedBy: await tryMutant(trial) });
    }
  // A large message may still be on its way.
  await lastSent;
  process.disconnect();
}

void main();
