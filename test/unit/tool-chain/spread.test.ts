import { expect, it } from 'vitest';
import { spread, type TestFile } from '../../tools/spread.ts';

const file = (project: string, name: string): TestFile => ({ project, file: name });
const costs = [
  { ...file('scenarios', 'long'), seconds: 60 },
  { ...file('scenarios', 'short'), seconds: 20 },
  { ...file('unit', 'a'), seconds: 4 },
  { ...file('unit', 'b'), seconds: 3 },
  { ...file('unit', 'c'), seconds: 2 },
  { ...file('unit', 'd'), seconds: 1 },
];
const order = (files: readonly TestFile[], known: typeof costs = costs) =>
  spread(files, (each) => each, known).map((each) => each.file);

it('spreads each project over the whole run, its longest files first', () => {
  expect(order(costs.toReversed())).toEqual(['long', 'a', 'b', 'c', 'short', 'd']);
});

it('begins with the longest file of all', () => {
  expect(order([file('unit', 'a'), file('scenarios', 'long')])).toEqual(['long', 'a']);
});

it('guesses what has not run yet', () => {
  const unknown = ['test/scenarios/new.test.ts', 'test/scenarios/hazards.test.ts'];
  expect(
    order(
      unknown.map((name) => file('scenarios', name)),
      [],
    ),
  ).toEqual(unknown.toReversed());
});
