/** A pod is a member for as long as the group's last answer warrants, and not a moment on its own word. */
import { beforeEach, expect, it } from 'vitest';
import { createSession, type Session } from '../../../../src/kafka/group/session.ts';
import { UnavailableError } from '../../../../src/runtime/errors.ts';

let monotonicMs: number;
let wallMs: number;
let session: Session;
beforeEach(() => {
  monotonicMs = 0;
  wallMs = 1_000_000;
  session = createSession(10_000, { monotonicMs: () => monotonicMs, wallMs: () => wallMs });
});

const pass = (ms: number): void => {
  monotonicMs += ms;
  wallMs += ms;
};
const isAlive = (): boolean => {
  try {
    session.assertAlive();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(UnavailableError);
    return false;
  }
};

it('there is none before the group has answered', () => {
  session.asks();
  expect(isAlive()).toBe(false);
});

it('ends before the broker gives its partitions away', () => {
  session.asks()();
  pass(8999);
  expect(isAlive()).toBe(true);
  pass(1);
  expect(isAlive()).toBe(false);
});

it('counts from when the request was sent, not from its answer', () => {
  const renew = session.asks();
  pass(8000);
  renew();
  expect(isAlive()).toBe(true);
  pass(1000);
  expect(isAlive()).toBe(false);
});

it('goes on with each answer, and an answer that was overtaken takes nothing back', () => {
  const first = session.asks();
  pass(5000);
  session.asks()();
  first();
  pass(8999);
  expect(isAlive()).toBe(true);
});

it('is over where the machine was suspended, as only the clock on the wall says', () => {
  session.asks()();
  wallMs += 9000;
  expect(isAlive()).toBe(false);
});

it('a wall clock that is set back lengthens nothing', () => {
  session.asks()();
  wallMs -= 60_000;
  monotonicMs += 9000;
  expect(isAlive()).toBe(false);
});
