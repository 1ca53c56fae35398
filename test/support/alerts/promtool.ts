/**
 * Prometheus' own evaluator, as this machine has it: nothing is downloaded. A test that needs it is skipped where there
 * is none, and says how to have it.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A series as a rules test has it: `name{labels}`, and a value, `_` or `stale` a step. */
export interface InputSeries {
  readonly series: string;
  readonly values: string;
}

export interface RulesTest {
  /** Paths from the root. */
  readonly files: readonly string[];
  readonly series: readonly InputSeries[];
  /** Between two values, and between two evaluations. */
  readonly stepSeconds: number;
  /** How many minutes are evaluated. */
  readonly minutes: number;
}

/** Fires always: a minute that does not show it was not understood. */
const WITNESS = 'FiresAlways';
const WITNESS_RULES = { groups: [{ name: 'witness', rules: [{ alert: WITNESS, expr: 'vector(1)' }] }] };

interface Ended {
  readonly code: number;
  readonly output: string;
}

function run(args: readonly string[]): Promise<Ended> {
  return new Promise((done, failed) => {
    execFile('promtool', args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number')
        failed(new Error(error.message, { cause: error }));
      else done({ code: error === null ? 0 : Number(error.code), output: `${stdout}\n${stderr}` });
    });
  });
}

/** Why there is no promtool, with the way to have it; undefined where there is. */
export async function findPromtoolObstacle(): Promise<string | undefined> {
  const found = await run(['--version']).catch(() => undefined);
  return found?.code === 0
    ? undefined
    : 'it needs promtool on the path: it is in Debian’s package prometheus, and needs nothing else of it';
}

/** @returns what `promtool check rules` says against the files; empty where it has nothing. */
export async function checkRules(files: readonly string[]): Promise<string> {
  const { code, output } = await run(['check', 'rules', ...files]);
  return code === 0 ? '' : output;
}

/**
 * The names of the alerts that fire at each minute, from minute 0 on. promtool compares with expectations; it is told
 * to expect nothing, and says what there is. @throws Error where it can't read a file or a series.
 */
export async function firingByMinute(test: RulesTest): Promise<readonly ReadonlySet<string>[]> {
  const directory = await mkdtemp(join(tmpdir(), 'promtool-'));
  try {
    const witness = join(directory, 'witness.json');
    await writeFile(witness, JSON.stringify(WITNESS_RULES));
    const path = join(directory, 'test.json');
    const step = `${String(test.stepSeconds)}s`;
    const minutes = Array.from({ length: test.minutes + 1 }, (_, minute) => minute);
    const expectations = minutes.map((minute) => ({
      expr: 'ALERTS{alertstate="firing"}',
      eval_time: `${String(minute)}m`,
    }));
    await writeFile(
      path,
      JSON.stringify({
        rule_files: [...test.files.map((file) => resolve(file)), witness],
        evaluation_interval: step,
        tests: [{ interval: step, input_series: test.series, promql_expr_test: expectations }],
      }),
    );
    const { output } = await run(['test', 'rules', path]);
    const said = readFiring(output);
    return minutes.map((minute) => {
      const firing = said.get(minute);
      if (firing?.delete(WITNESS) !== true)
        throw new Error(`promtool says nothing of minute ${String(minute)}:\n${output.slice(0, 2000)}`);
      return firing;
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** By minute. A part of the output begins with its time: `time: 1h5m,`. */
function readFiring(output: string): Map<number, Set<string>> {
  const parts = output.split(/\btime: (?=[\dhms]+,)/).slice(1);
  return new Map(
    parts.map((part) => {
      const [, hours = '0', minutes = '0'] = /^(?:(\d+)h)?(?:(\d+)m)?/.exec(part) ?? [];
      const names = [...part.matchAll(/alertname="(\w+)"/g)].map(([, name = '']) => name);
      return [60 * Number(hours) + Number(minutes), new Set(names)];
    }),
  );
}
