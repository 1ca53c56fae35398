/**
 * A closed list can't be half-changed. Into a copy of the source a new cap subject, filter reason, dead-letter reason,
 * event field and coupon field are planted, each in its list alone. The compiler must name every place that has to change
 * with it, and `docs:check` every page. The tables below are those places: a guide for whoever adds one.
 *
 * What the compiler demands of a test, the test demands of the service: `reasons.test.ts` an event that ends with the
 * reason and none that another reason should have had, `event-fields.test.ts` that the field arrives at every size,
 * `cap-examples.ts` what the subject counts together, in memory, in Redis and by the promise checks.
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plant, type SourceEdit } from '../../tools/planted-fault.ts';

interface Growth {
  readonly kind: string;
  /** As the compiler quotes it. */
  readonly name: string;
  readonly edit: SourceEdit;
  /** Where the compiler says that it is missing, in the order of their paths. */
  readonly places: readonly string[];
}

const GROWTHS: readonly Growth[] = [
  {
    kind: 'a cap subject',
    name: 'brand',
    edit: {
      file: 'src/domain/cap.ts',
      find: "  'user+coupon': ['couponId'],",
      replace: "  'user+coupon': ['couponId'],\n  'user+brand': ['brand'],",
    },
    places: [
      'src/claims/history-member.ts',
      'src/claims/short-form.ts',
      'src/pipeline/steps/claim-push.ts',
      'src/replay/examples/situation.ts',
      'src/replay/learn-before.ts',
      'src/replay/replay-event.ts',
      'src/replay/replay-user.ts',
      'src/replay/unsure-pushes.ts',
      'test/simulation/verify/pushes.ts',
      'test/support/claims/cap-examples.ts',
      'test/support/claims/cap-world.ts',
      'test/support/claims/claims-harness.ts',
      'test/unit/claims/history-member.test.ts',
      'test/unit/claims/short-form.test.ts',
      'test/unit/domain/names.test.ts',
      'test/unit/pipeline/faults.test.ts',
    ],
  },
  {
    kind: 'a filter reason',
    name: 'not_near_home',
    edit: {
      file: 'src/domain/outcome.ts',
      find: '  trigger: ',
      replace: "  not_near_home: 'The place is far from the user’s home.',\n  trigger: ",
    },
    places: [
      'src/replay/explain/explain.ts',
      'test/unit/pipeline/decisions.test.ts',
      'test/unit/pipeline/reasons.test.ts',
    ],
  },
  {
    kind: 'a dead-letter reason',
    name: 'unsigned',
    edit: {
      file: 'src/domain/outcome.ts',
      find: '  too_large:',
      replace: "  unsigned: 'The record bears no signature.',\n  too_large:",
    },
    places: ['test/unit/pipeline/decisions.test.ts', 'test/unit/pipeline/reasons.test.ts'],
  },
  {
    kind: 'an event field',
    name: 'batteryPercent',
    edit: {
      file: 'src/domain/event.ts',
      find: '  merchantId: id.nullish(),',
      replace: '  merchantId: id.nullish(),\n  batteryPercent: z.number().nullish(),',
    },
    places: [
      'src/domain/rule-variables.ts',
      'src/pipeline/steps/validate.ts',
      'test/tools/event-table.ts',
      'test/unit/pipeline/event-fields.test.ts',
      'test/unit/rules/event-variables.test.ts',
    ],
  },
  {
    kind: 'a coupon field',
    name: 'stock',
    edit: {
      file: 'src/domain/coupon.ts',
      find: '  readonly title: string;',
      replace: '  readonly title: string;\n  readonly stock?: number | undefined;',
    },
    places: [
      'src/domain/rule-variables.ts',
      'src/partners/coupon/coupon-schema.ts',
      'src/replay/examples/coupons.ts',
      'src/replay/examples/schema.ts',
    ],
  },
];

/** What of the source the lists reach; the rest need not be compiled to see it. */
const COMPILED = [
  ...['domain', 'pipeline', 'rules', 'replay', 'claims', 'partners', 'telemetry', 'stream'].map(
    (room) => `src/${room}`,
  ),
  ...['domain', 'pipeline', 'claims', 'rules'].map((room) => `test/unit/${room}`),
  ...['test/support/claims', 'test/simulation/verify', 'test/tools/event-table.ts'],
];

const root = resolve(import.meta.dirname, '../../..');
const LEFT_OUT = new Set(['node_modules', '.git', 'dist', 'coverage']);

let copy: string;
/** One line an error: where, and what. */
let errors: readonly string[];
let drifted: string;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'closed-lists-'));
  await cp(root, copy, { recursive: true, filter: (path) => path === root || !LEFT_OUT.has(basename(path)) });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const { edit } of GROWTHS) {
    const path = join(copy, edit.file);
    await writeFile(path, plant(await readFile(path, 'utf8'), edit));
  }
  await writeFile(
    join(copy, 'tsconfig.lists.json'),
    JSON.stringify({ extends: './tsconfig.json', include: COMPILED }),
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const [compiled, documented] = await Promise.all([
    run(tsc, '-p', 'tsconfig.lists.json', '--pretty', 'false'),
    run('test/tools/generate-docs.ts', '--check'),
  ]);
  errors = compiled.split(/\n(?=\S)/);
  drifted = documented;
}, 240_000);

afterAll(() => rm(copy, { recursive: true, force: true }));

describe.each(GROWTHS)('$kind', ({ name, places }) => {
  it('does not compile until every place knows it', () => {
    const about = errors.filter((error) => new RegExp(`\\b${name}\\b`).test(error));
    expect([...new Set(about.map(placeOf))].toSorted()).toEqual(places);
  });
});

it('nothing else fails to compile', () => {
  const places = new Set(GROWTHS.flatMap((growth) => growth.places));
  expect(errors.filter((error) => error.trim() !== '' && !places.has(placeOf(error)))).toEqual([]);
});

it.each(['README.md', 'deploy/README.md', 'rules/rules.schema.json', 'rules/rules-test.schema.json'])(
  '%s is said to have drifted',
  (page) => {
    expect(drifted).toContain(`${page} has drifted`);
  },
);

/** @param error `path(line,column): …` */
function placeOf(error: string): string {
  return error.slice(0, error.indexOf('('));
}

/** @returns what a program of node's says, whatever its exit code. */
function run(program: string, ...args: readonly string[]): Promise<string> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [program, ...args],
      { cwd: copy, maxBuffer: 64 * 1024 * 1024 },
      (_error, stdout, stderr) => {
        done(stdout + stderr);
      },
    );
  });
}
