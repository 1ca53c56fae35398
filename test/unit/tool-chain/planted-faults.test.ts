/** A hazard's guard that has moved is found here in a second, not after a quarter of an hour of scenarios. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { HAZARDS } from '../../scenarios/hazards/list.ts';
import { plant } from '../../tools/planted-fault.ts';

const guards = HAZARDS.flatMap(({ name, mutations }) =>
  mutations.map(({ guard, edits }) => ({ name, guard, edits })),
);

it.each(guards)('$name: $guard is where its fault is planted', ({ edits }) => {
  for (const edit of edits) {
    const text = readFileSync(new URL(`../../../src/${edit.file}`, import.meta.url), 'utf8');
    expect(plant(text, edit)).not.toBe(text);
  }
});
