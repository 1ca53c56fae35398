/** How many events were read and are not committed, where a record is not one event. */
import { expect, it } from 'vitest';
import { createUncommittedSpan } from '../../../../src/stream/partition/uncommitted-span.ts';

it('is an event an offset, without more to say', () => {
  const span = createUncommittedSpan();
  expect(span.events(10, 10)).toBe(0);
  expect(span.events(10, 25)).toBe(15);
});

it('counts a record’s further events until it is committed', () => {
  const span = createUncommittedSpan();
  for (let event = 0; event < 3; event += 1) span.addFurther(11);
  span.addFurther(12);
  expect(span.events(10, 13)).toBe(3 + 4);
  expect(span.events(11, 13)).toBe(2 + 4);
  expect(span.events(12, 13)).toBe(1 + 1);
  expect(span.events(13, 13)).toBe(0);
});

it('counts no offset that is passed over, and none twice', () => {
  const span = createUncommittedSpan();
  span.passOver(10, 10);
  span.passOver(11, 10);
  expect(span.events(10, 11)).toBe(1);
  span.passOver(11, 1000);
  span.addFurther(1000);
  expect(span.events(10, 1001)).toBe(1 + 2);
  // A commit in the middle of what is passed over has all of that counted until it is beyond.
  expect(span.events(1000, 1001)).toBe(2);
});

it('goes on to count after everything was committed', () => {
  const span = createUncommittedSpan();
  span.addFurther(10);
  expect(span.events(11, 11)).toBe(0);
  span.addFurther(11);
  span.addFurther(11);
  expect(span.events(11, 12)).toBe(3);
  expect(span.events(12, 12)).toBe(0);
});
