/** `rules test`: what it prints, how it exits, what it writes for a CI, and that the default rules pass it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { runRulesCommand } from '../../../../src/cli/rules/program.ts';
import { testsFileOf, tryExamples } from '../../../../src/cli/rules/test.ts';

const directory = mkdtempSync(join(tmpdir(), 'rules-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

let said: string[];
let complained: string[];
beforeEach(() => {
  said = [];
  complained = [];
});

const run = (...args: readonly string[]) =>
  runRulesCommand(['test', ...args], {
    env: {},
    connectFleet: () => expect.fail('no service is needed'),
    say: (line) => void said.push(line),
    complain: (line) => void complained.push(line),
  });

const RULES = `version: v
caps: []
coupon: { minDiscountPercent: 10 }
`;
const HOLDS = `defaults:
  at: 2026-11-24T12:00:00Z
  coupon: { discountPercent: 10 }
examples:
  - name: ten is enough
    expect: { outcome: queued }
`;
const FAILS = `${HOLDS}  - name: nine is "enough" & <fine>
    coupon: { discountPercent: 9, title: "a\\u0007b" }
    expect: { outcome: queued, title: "a\\u0007b" }
`;

let files = 0;
/** @returns the path of a rules file, with its examples beside it. */
function write(tests: string | undefined, rules = RULES): string {
  files += 1;
  const path = join(directory, `rules-${String(files)}.yaml`);
  writeFileSync(path, rules);
  if (tests !== undefined) writeFileSync(testsFileOf(path), tests);
  return path;
}

describe('the examples', () => {
  it.each([
    ['rules/default.yaml', 'rules/default.test.yaml'],
    ['a.yml', 'a.test.yaml'],
    ['a.json', 'a.test.yaml'],
    ['a', 'a.test.yaml'],
  ])('of %s are in %s', (rules, tests) => {
    expect(testsFileOf(rules)).toBe(tests);
  });

  it('may be in another file', async () => {
    const other = join(directory, 'other.yaml');
    writeFileSync(other, HOLDS);
    expect(await run(write(undefined), other)).toBe(0);
    expect(said).toEqual([`${other}: 1 of 1 examples hold`]);
  });

  it('that hold are counted', async () => {
    const file = write(HOLDS);
    expect(await run(file)).toBe(0);
    expect(said).toEqual([`${testsFileOf(file)}: 1 of 1 examples hold`]);
  });

  it('that fail are shown with expected and actual side by side, and why', async () => {
    const file = write(FAILS);
    expect(await run(file)).toBe(1);
    expect(said).toEqual([
      '✗ nine is "enough" & <fine>',
      `    ${testsFileOf(file)}:7`,
      '             expected  actual',
      '    outcome  queued    filtered',
      '    title    a\u0007b       –',
      '    why: No push: the only coupon coupon-1 is excluded by coupon.minDiscountPercent: a discount of 9 %, at least 10 %',
      '           would take: a discount of 10 % or more',
      '',
      `${testsFileOf(file)}: 1 of 2 examples hold`,
    ]);
  });

  it('that are not there are no success', async () => {
    const empty = write('examples: []');
    expect(await run(empty)).toBe(1);
    expect(complained).toEqual([`${testsFileOf(empty)}: there are no examples`]);
    const none = write(undefined);
    expect(await run(none)).toBe(1);
    expect(complained.at(-1)).toBe(`${testsFileOf(none)}: there is no such file`);
  });

  it('with faults are told by line and column', async () => {
    const file = write(HOLDS.replace('outcome', 'outcom'));
    expect(await run(file)).toBe(1);
    expect(said).toEqual([
      `${testsFileOf(file)}:6:15 examples[0].expect.outcom: unknown key "outcom", did you mean "outcome"?`,
    ]);
    expect(complained).toEqual([`${testsFileOf(file)}: 1 problem`]);
  });

  it('are not tried with rules that are not valid', async () => {
    expect(await run(write(HOLDS, 'version: v'))).toBe(1);
    expect(said).toEqual([expect.stringMatching(/caps: is missing/)]);
  });

  it.each([
    ['TEN', 0],
    ['ten*enough', 0],
    ['nine', 1],
    ['ten.is', 1],
    ['enough*ten', 1],
  ])('--only %s exits %d', async (pattern, exitCode) => {
    expect(await run(write(FAILS), '--only', pattern)).toBe(exitCode);
  });

  it('take merchants from a file beside them', async () => {
    writeFileSync(
      join(directory, 'm.json'),
      '{"version":"1","merchants":[{"merchantId":"merchant-1","active":false}]}',
    );
    const file = write(
      HOLDS.replace('outcome: queued', 'rule: merchant.active').replace(
        'defaults:',
        'defaults:\n  merchantsFile: m.json',
      ),
    );
    expect(await run(file)).toBe(0);
  });
});

describe('--coverage', () => {
  it('says what no example shows, by line', async () => {
    const file = write(HOLDS);
    expect(await run(file, '--coverage')).toBe(0);
    expect(said.slice(1)).toEqual([
      'coverage: 50.0 %, 1 of 2',
      `  ${file}:3 coupon.minDiscountPercent: never seen cutting`,
    ]);
  });
});

describe('--mutate', () => {
  it('lists what no example notices, with line, change and what would notice', async () => {
    const file = write(HOLDS);
    expect(await run(file, '--mutate')).toBe(0);
    expect(said.slice(1)).toEqual([
      'mutants: 50.0 % noticed, 2 of 4',
      `  ${file}:3:31 coupon.minDiscountPercent: 10 → 9`,
      '      would be noticed by a coupon whose discountPercent lies between the two, or on the border',
      `  ${file}:3:31 coupon.minDiscountPercent: 10 → left out`,
      '      would be noticed by a coupon that only this excludes',
    ]);
  });

  it.each([
    ['50', 0],
    ['50.1', 1],
  ])('--min %s exits %d', async (min, exitCode) => {
    expect(await run(write(HOLDS), '--mutate', '--min', min)).toBe(exitCode);
    if (exitCode === 1) expect(complained).toEqual(['50.0 % of the mutants are noticed, below --min 50.1']);
  });

  it('of examples that fail tries none', async () => {
    expect(await run(write(FAILS), '--mutate')).toBe(1);
    expect(said.join('\n')).not.toContain('mutants');
    expect(complained).toEqual(['no mutants were tried, as an example fails']);
  });
});

describe('for machines', () => {
  it('--json prints all of it as one value', async () => {
    const file = write(FAILS);
    expect(await run(file, '--json', '--coverage')).toBe(1);
    expect(JSON.parse(said.join('\n'))).toMatchObject({
      ...{ rules: file, tests: testsFileOf(file), passed: 1, failed: 1 },
      examples: [
        { name: 'ten is enough', line: 5, ok: true },
        {
          line: 7,
          ok: false,
          differences: [{ field: 'outcome', expected: 'queued', actual: 'filtered' }, {}],
        },
      ],
      coverage: { percent: 100, missing: [] },
    });
    said = [];
    expect(await run(write(HOLDS), '--json', '--mutate')).toBe(0);
    expect(JSON.parse(said.join('\n'))).toMatchObject({
      mutation: {
        percent: 50,
        mutants: 4,
        unnoticed: [{ path: 'coupon.minDiscountPercent', line: 3, is: '9' }, {}],
      },
    });
  });

  it('--junit writes a report, with every name and text made safe for XML', async () => {
    const report = join(directory, 'report.xml');
    const file = write(FAILS);
    expect(await run(file, '--junit', report)).toBe(1);
    const xml = readFileSync(report, 'utf8').replaceAll(/time="\d+\.\d{3}"/g, 'time="t"');
    const tests = testsFileOf(file);
    expect(xml).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="1" errors="0" time="t">
  <testsuite name="${file}" tests="2" failures="1" errors="0" skipped="0" time="t">
    <testcase classname="${tests}" name="ten is enough"/>
    <testcase classname="${tests}" name="nine is &quot;enough&quot; &amp; &lt;fine&gt;">
      <failure type="difference" message="outcome: expected queued, was filtered">${tests}:7
         expected  actual
outcome  queued    filtered
title    a\uFFFDb       –
No push: the only coupon coupon-1 is excluded by coupon.minDiscountPercent: a discount of 9 %, at least 10 %
  would take: a discount of 10 % or more</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  it('a report that can’t be written is no success', async () => {
    expect(await run(write(HOLDS), '--junit', join(directory, 'gone', 'report.xml'))).toBe(1);
    expect(complained).toEqual([expect.stringMatching(/report\.xml: there is no such file/)]);
  });
});

it.each([[['--min', 'most', '--mutate']], [['--min', '101', '--mutate']], [['--minimum', '3']]])(
  '%j is refused',
  async (options) => {
    expect(await run(write(HOLDS), ...options)).toBe(1);
    expect(complained.join('\n')).toMatch(/error: .*/);
  },
);

describe('for an upload', () => {
  const context = {
    env: {},
    connectFleet: () => expect.fail('no service is needed'),
    say: (line: string) => void said.push(line),
    complain: (line: string) => void complained.push(line),
  };

  it.each([
    [HOLDS, true],
    [FAILS, false],
    ['examples: 3', false],
    [undefined, undefined],
  ])('examples %j hold: %s', async (tests, hold) => {
    expect(await tryExamples(write(tests), context)).toBe(hold);
    expect(said.length + complained.length > 0).toBe(hold !== undefined);
  });
});

describe('the default rules', () => {
  it('are covered by their examples, which notice 95 % of all changes', async () => {
    expect(await run('rules/default.yaml', '--coverage', '--mutate', '--min', '95', '--json')).toBe(0);
    const { failed, coverage, mutation } = JSON.parse(said.join('\n')) as {
      readonly failed: number;
      readonly coverage: { readonly missing: unknown };
      readonly mutation: { readonly mutants: number };
    };
    expect(failed).toBe(0);
    expect(coverage.missing).toEqual([]);
    expect(mutation.mutants).toBeGreaterThan(80);
  });
});
