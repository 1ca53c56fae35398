/** What is open, like a list of brackets, to any depth. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createBracketStack } from '../../../../src/runtime/json/bracket-stack.ts';
import { OPEN_ARRAY, OPEN_OBJECT } from '../../../../src/runtime/json/json-bytes.ts';

type Bracket = typeof OPEN_ARRAY | typeof OPEN_OBJECT;

const bracket = fc.constantFrom<Bracket>(OPEN_ARRAY, OPEN_OBJECT);
const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('open' as const), bracket }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('close' as const), bracket }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave objects' as const), bracket }) },
);

it('is like a list of what is open, whatever is opened and closed', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const stack = createBracketStack();
      const model: Bracket[] = [];
      for (const { kind, bracket: one } of commands) {
        if (kind === 'open') {
          stack.open(one);
          model.push(one);
        } else if (kind === 'close') {
          const at = model.lastIndexOf(one);
          expect(stack.close(one)).toBe(at >= 0);
          if (at >= 0) model.length = at;
        } else {
          model.length = model.lastIndexOf(OPEN_ARRAY) + 1;
          expect(stack.leaveObjects()).toBe(model.length > 0);
        }
        expect([stack.depth(), stack.innermost()]).toEqual([model.length, model.at(-1)]);
      }
    }),
  );
});

it('remembers a thousand levels', () => {
  const stack = createBracketStack();
  const levels = Array.from({ length: 1000 }, (_, at) => (at % 3 === 0 ? OPEN_ARRAY : OPEN_OBJECT));
  for (const level of levels) stack.open(level);
  for (const level of levels.toReversed()) {
    expect(stack.innermost()).toBe(level);
    expect(stack.close(level)).toBe(true);
  }
  expect(stack.depth()).toBe(0);
});
