/** Who mistypes a name is told the one that was meant, where it is near enough to be that. */
import { expect, it } from 'vitest';
import { suggest } from '../../../src/rules/language/suggest.ts';

it.each([
  // One letter replaced, added, left out, put first.
  ['titla', ['body', 'title'], 'title'],
  ['titlee', ['body', 'title'], 'title'],
  ['titl', ['body', 'title'], 'title'],
  ['xtitle', ['body', 'title'], 'title'],
  ['TITLE', ['body', 'title'], 'title'],
  // Two letters that have changed places count as one; one that has moved alone does not.
  ['eb', ['be'], 'be'],
  ['xa', ['ay'], undefined],
  ['ax', ['ya'], undefined],
  ['title', ['TITLE'], 'TITLE'],
  // Up to a third of the name, and one letter of a short one.
  ['catxxory', ['category'], 'category'],
  ['catxxxry', ['category'], undefined],
  ['categxxxx', ['category'], undefined],
  ['boxxxx', ['body'], undefined],
  ['ab', ['ac'], 'ac'],
  ['ab', ['cd'], undefined],
  ['a', ['b'], 'b'],
  ['', ['a'], 'a'],
  ['', ['ab'], undefined],
  // The nearest, and the first of those that are as near.
  ['minDistanc', ['minDistinct', 'minDistance'], 'minDistance'],
  ['minDistanc', ['minDistance', 'minDistinct'], 'minDistance'],
  ['bod', ['boda', 'body'], 'boda'],
  ['title', [], undefined],
])('%j among %j: %j', (name, known, nearest) => {
  expect(suggest(name, known)).toBe(nearest);
});

it('a name of up to 40 characters is compared', () => {
  const name = 'x'.repeat(40);
  expect(suggest(name, [`${name}x`])).toBe(`${name}x`);
  expect(suggest(`${name}x`, [name])).toBeUndefined();
});
