/** What the contract suites of claims and deliveries share: a world opened once, a harness and a user a test. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { EventRef } from '../../../src/domain/event.ts';
import type { ClaimsHarness, ClaimsWorld } from './claims-harness.ts';

export interface ContractWorld {
  /** Whichever test runs, its own. */
  readonly harness: ClaimsHarness;
  /** An event of this test's user. */
  readonly event: (eventId?: string) => EventRef;
  /** Sends a claimed push. */
  readonly deliver: (ref: EventRef) => Promise<unknown>;
}

/** To be called in a `describe`. Its tests are skipped, with the reason, where the world can't be opened. */
export function useContractWorld(world: ClaimsWorld): ContractWorld {
  let harness: ClaimsHarness;
  let obstacle: string | undefined;
  let user: string;
  beforeAll(async () => {
    obstacle = await world.open();
  });
  afterAll(() => world.close());
  beforeEach(async ({ skip }) => {
    skip(obstacle !== undefined, obstacle);
    harness = await world.create();
    user = `user ${randomUUID()}`;
  });
  afterEach(async () => {
    if (obstacle === undefined) await harness.close();
  });
  return {
    harness: {
      get claims() {
        return harness.claims;
      },
      get store() {
        return harness.store;
      },
      get older() {
        return harness.older;
      },
      sweep: () => harness.sweep(),
      nowMs: () => harness.nowMs(),
      advance: (ms) => {
        harness.advance(ms);
      },
      close: () => harness.close(),
    },
    event: (eventId = 'e1') => ({ userId: user, eventId }),
    deliver: async (ref) => {
      const permission = await harness.store.permit(ref, randomUUID());
      if (permission.kind !== 'granted') throw new Error(permission.kind);
      return harness.store.settle(ref, permission.attempt, 'sent');
    },
  };
}
