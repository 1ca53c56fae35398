/** Runs the process that tries mutants, and starts it again where a mutant has ended or stopped it. */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, FileCoverage, Task, Trial } from './plan.ts';

/** As long as a process may say nothing: a mutant that blocks its turn is stopped after it. */
const SILENT_MS = 150_000;
/** A process loads every module anew for each mutant and keeps them all, so it is replaced after so many. */
const MUTANTS_A_PROCESS = 300;

/** @throws Error with the failing tests where a case fails without any mutant. */
export async function coverTests(sandbox: string, files: readonly string[]): Promise<FileCoverage[]> {
  const coverage: FileCoverage[] = [];
  const failed: string[] = [];
  await runTask({ kind: 'cover', sandbox, files }, (answer) => {
    if (answer.kind === 'covered') coverage.push(answer.coverage);
    if (answer.kind === 'failed') failed.push(`${answer.test}\n${answer.why}`);
  });
  if (failed.length > 0) throw new Error(`tests fail without a mutant:\n${failed.join('\n')}`);
  if (coverage.length < files.length) throw new Error('the tests ended their process without a mutant');
  return coverage;
}

/** @returns mutant → the case that fails; a mutant without one survives. */
export async function runTrials(
  sandbox: string,
  trials: readonly Trial[],
  onTried: (done: number) => void,
): Promise<Map<string, string>> {
  const killed = new Map<string, string>();
  let left = trials;
  while (left.length > 0) {
    const now = left.slice(0, MUTANTS_A_PROCESS);
    const settled = new Set<string>();
    let trying: string | undefined;
    await runTask({ kind: 'try', sandbox, trials: now }, (answer) => {
      if (answer.kind === 'trying') trying = answer.mutant;
      if (answer.kind !== 'tried') return;
      trying = undefined;
      settled.add(answer.mutant);
      if (answer.killedBy !== undefined) killed.set(answer.mutant, answer.killedBy);
      onTried(trials.length - left.length + settled.size);
    });
    if (trying !== undefined) {
      settled.add(trying);
      killed.set(trying, 'the process ends or stands still');
    }
    if (settled.size === 0) throw new Error('the process that tries mutants does not start');
    left = left.filter(({ mutant }) => !settled.has(mutant));
  }
  return killed;
}

async function runTask(task: Task, onAnswer: (answer: Answer) => void): Promise<void> {
  const file = join(task.sandbox, 'task.json');
  writeFileSync(file, JSON.stringify(task));
  const child = fork(join(import.meta.dirname, 'try-mutants.ts'), [file], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--max-old-space-size=2000', '--disable-warning=ExperimentalWarning'],
  });
  let watchdog = setTimeout(() => undefined, 0);
  const wait = (): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => child.kill('SIGKILL'), SILENT_MS);
  };
  wait();
  child.on('message', (answer: Answer) => {
    wait();
    onAnswer(answer);
  });
  await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(watchdog);
}
