/** What `npm run mutate` asks for, makes of its list of equal mutants, and which tests it runs for a mutant. */
import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findEqual, type EqualEntry } from '../../mutation/equal.ts';
import type { Mutant } from '../../mutation/instrument.ts';
import { planTrials, type FileCoverage } from '../../mutation/plan.ts';
import { betterOf, mutationTable, scoreOf } from '../../mutation/results.ts';
import { ROOMS, sourcesOf, testsOf } from '../../mutation/rooms.ts';
import { drawSample } from '../../mutation/sample.ts';
import { collectCases, describe as group, it as declare, test as declareToo } from '../../mutation/suite.ts';

const mutant = (id: string, more: Partial<Mutant> = {}): Mutant => ({
  ...{ id, file: 'src/a.ts', line: 1, mutator: 'EqualityOperator' },
  ...{ at: 'if (a > b) return;', from: 'a > b', to: 'a >= b' },
  ...more,
});
const entry = (more: Partial<EqualEntry['mutants'][number]> = {}): EqualEntry[] => [
  {
    file: 'src/a.ts',
    why: 'a reason',
    mutants: [{ at: 'if (a > b) return;', from: 'a > b', to: 'a >= b', ...more }],
  },
];

describe('the rooms', () => {
  it('hold every file of the pure rooms once', () => {
    const pure = globSync('src/{domain,pipeline,stream,rules,replay,runtime}/**/*.ts').toSorted();
    const asked = Object.values(ROOMS).flatMap(sourcesOf);
    expect(pure.filter((file) => !asked.includes(file))).toEqual([]);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it.each(Object.entries(ROOMS))('%s has files and tests', (_name, room) => {
    expect(sourcesOf(room)).not.toEqual([]);
    expect(testsOf(room)).not.toEqual([]);
  });
});

describe('an equal mutant', () => {
  it('is known by its file, its line and its text', () => {
    const others = [mutant('1', { file: 'src/b.ts' }), mutant('2', { to: 'a < b' }), mutant('3')];
    const found = findEqual(entry(), others, new Set());
    expect([...found.equal]).toEqual(['3']);
    expect(found.faults).toEqual([]);
  });

  it('may be named by how a long text begins', () => {
    const long = mutant('1', { from: 'a > b && c' });
    expect(findEqual(entry({ from: 'a > b &…' }), [long], new Set()).equal.size).toBe(1);
  });

  it.each([
    ['is no longer there', [], new Set<string>(), 'no such mutant'],
    ['is noticed by a test', [mutant('1')], new Set(['1']), 'a test notices it'],
    ['is there twice', [mutant('1'), mutant('2')], new Set<string>(), '2 are written so'],
  ])('that %s is a fault of the list', (_what, mutants, killed, fault) => {
    const found = findEqual(entry(), mutants, killed);
    expect(found.faults).toEqual([expect.stringContaining(fault)]);
    expect(found.equal.size).toBe(0);
  });

  it('counts as often as the list says that it is there', () => {
    const found = findEqual(entry({ alike: 2 }), [mutant('1'), mutant('2')], new Set());
    expect(found.equal.size).toBe(2);
    expect(scoreOf({ mutants: 12, killed: 9, equal: 2 })).toBe(90);
  });
});

it('a mutant is tried by the cases that reach it, by all of a file where loading does, the quickest file first', () => {
  const coverage: FileCoverage[] = [
    { file: 'slow', loading: { m1: 1 }, cases: [{ name: 'a', ms: 50, hits: {} }] },
    {
      ...{ file: 'quick', loading: {} },
      cases: [
        { name: 'b', ms: 1, hits: { m1: 2 } },
        { name: 'c', ms: 1, hits: { m2: 1 } },
      ],
    },
  ];
  const trials = planTrials(['m1', 'm2', 'm3'], coverage);
  expect(trials.map(({ mutant: id, files }) => [id, files])).toEqual([
    [
      'm1',
      [
        { file: 'quick', cases: [0] },
        { file: 'slow', cases: [0] },
      ],
    ],
    ['m2', [{ file: 'quick', cases: [1] }]],
  ]);
});

it('a test file is taken apart as vitest does, and a failing case fails', async () => {
  const cases = await collectCases(async () => {
    group.each([['g', 1]])('%s', (_name: unknown, number: unknown) => {
      declare.each([[1], [2]])('row %d', (row: unknown) => {
        expect(row).toBe(number);
      });
    });
    declareToo.each([[], 7])('a bare %j', (value: unknown) => {
      expect(value).toBeDefined();
    });
  });
  expect(cases.map(({ name }) => name)).toEqual(['g > row 1', 'g > row 2', 'a bare []', 'a bare 7']);
  const ends = await Promise.allSettled(cases.map(({ run }) => run()));
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
});

describe('a sample', () => {
  const all = Array.from({ length: 500 }, (_, n) => ({
    ...{ file: 'src/a.ts', at: `line ${String(n)}`, from: 'a', to: 'b' },
  }));

  it('holds as many as were asked for, in their order, and all where there are no more', () => {
    const drawn = drawSample(all, 50);
    expect(drawn).toHaveLength(50);
    expect(all.filter((one) => drawn.includes(one))).toEqual(drawn);
    expect(drawSample(all, 500)).toEqual(all);
    expect(drawSample(all, Infinity)).toEqual(all);
  });

  it('is the same again after a line more, but for what that line holds', () => {
    const more = [{ file: 'src/a.ts', at: 'a new line', from: 'a', to: 'b' }, ...all];
    const before = drawSample(all, 50);
    expect(drawSample(more, 50).filter((one) => before.includes(one)).length).toBeGreaterThanOrEqual(49);
  });

  it('of a room does not take the place of the whole room’s score in the table', () => {
    const whole = { mutants: 100, killed: 90, equal: 0 };
    expect(mutationTable({ a: { now: { ...whole, of: 500 } } })).toContain('100 drawn of 500');
    expect(betterOf(whole, { ...whole, of: 500 })).toBe(whole);
    expect(betterOf({ ...whole, of: 500 }, whole)).toBe(whole);
    expect(betterOf(undefined, whole)).toBe(whole);
  });
});
