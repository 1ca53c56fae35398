/**
 * Stands for `vitest` while mutants are tried: a test file's cases as plain functions, so that one process runs them
 * thousands of times. `expect` is vitest's own, and `vi` but for its waiting. What is not here (hooks around a whole
 * file, snapshots) makes the file fail at once instead of passing unseen.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { format } from 'node:util';
import { vi as ours } from 'vitest';

export { expect } from 'vitest';

const WAIT_MS = 1000;
const INTERVAL_MS = 50;

/** Vitest's own waits by timers that a case has replaced: only a worker of vitest's has kept the real ones. */
async function waitFor<T>(
  check: () => T | Promise<T>,
  options: number | { timeout?: number } = {},
): Promise<T> {
  const limitMs = (typeof options === 'number' ? options : options.timeout) ?? WAIT_MS;
  const untilMs = performance.now() + limitMs;
  for (;;) {
    if (ours.isFakeTimers()) ours.advanceTimersByTime(INTERVAL_MS);
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= untilMs) throw error;
      await sleep(INTERVAL_MS);
    }
  }
}

export const vi: typeof ours = Object.assign(Object.create(ours) as typeof ours, { waitFor });

type Body = (...args: unknown[]) => unknown;

export interface TestCase {
  readonly name: string;
  /** Runs the hooks around the case too. @throws what the case or a hook throws. */
  readonly run: () => Promise<void>;
}

interface Group {
  readonly names: readonly string[];
  readonly before: Body[];
  readonly after: Body[];
}

let groups: Group[] = [];
let cases: TestCase[] = [];

/** The cases that a test file declares while it loads. */
export async function collectCases(load: () => Promise<unknown>): Promise<TestCase[]> {
  groups = [{ names: [], before: [], after: [] }];
  cases = [];
  await load();
  return cases;
}

const bodyOf = (args: readonly unknown[]): Body => {
  const body = args.find((arg) => typeof arg === 'function');
  if (body === undefined) throw new Error('a test without a body');
  return body as Body;
};

function addCase(name: string, ...args: unknown[]): void {
  const body = bodyOf(args);
  const around = [...groups];
  cases.push({
    name: [...(around.at(-1)?.names ?? []), name].join(' > '),
    run: async () => {
      try {
        for (const { before } of around) for (const hook of before) await hook();
        await body();
      } finally {
        for (const { after } of around.toReversed()) for (const hook of after) await hook();
      }
    },
  });
}

function addGroup(name: string, ...args: unknown[]): void {
  const outer = groups.at(-1)?.names ?? [];
  groups.push({ names: [...outer, name], before: [], after: [] });
  try {
    bodyOf(args)();
  } finally {
    groups.pop();
  }
}

type Add = (name: string, ...args: unknown[]) => void;

const skip = (): void => undefined;

const eachRow =
  (add: Add) =>
  (rows: readonly unknown[]): Add =>
  (name, ...args) => {
    const body = bodyOf(args);
    // As vitest does: rows are spread where all of them are arrays.
    const spread = rows.every((row) => Array.isArray(row));
    for (const row of rows) {
      const values = spread ? (row as unknown[]) : [row];
      add(format(name, ...values.slice(0, name.split('%').length - 1)), () => body(...values));
    }
  };

const withForms = (add: Add) =>
  Object.assign(add, { each: eachRow(add), skip, skipIf: (no: boolean) => (no ? skip : add) });

export const it = withForms(addCase);
export const test = withForms(addCase);
export const describe = withForms(addGroup);
export const beforeEach = (hook: Body) => groups.at(-1)?.before.push(hook);
export const afterEach = (hook: Body) => groups.at(-1)?.after.push(hook);

const notKnown = (name: string) => () => {
  throw new Error(`${name} is not known while mutants are tried`);
};
export const beforeAll = notKnown('beforeAll');
export const afterAll = notKnown('afterAll');
