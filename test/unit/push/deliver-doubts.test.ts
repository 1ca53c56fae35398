/** A delivery that finds another state than it left, and what an operator reads of deliveries in the log. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { DeliveryStore, SendResult } from '../../../src/domain/delivery.ts';
import { createBench, type DeliveryBench } from '../../support/claims/delivery-bench.ts';
import { silentLogger } from '../../support/silent-logger.ts';

let bench: DeliveryBench;
let lines: [string, object, string][];
beforeEach(() => {
  bench = createBench();
  lines = [];
});

const logger = {
  ...silentLogger,
  info: (fields: object, text: string) => lines.push(['info', fields, text]),
  warn: (fields: object, text: string) => lines.push(['warn', fields, text]),
  error: (fields: object, text: string) => lines.push(['error', fields, text]),
} as unknown as typeof silentLogger;
const idempotent = { apiIsIdempotent: true };
const maybeSent: SendResult = { kind: 'maybe_sent', error: '500' };
const storeWith = (changes: Partial<DeliveryStore>): DeliveryStore => ({ ...bench.memory.store, ...changes });
const outcomes = (): unknown[] => bench.records.map(({ outcome }) => outcome);

/** A push whose partner may have it already: its attempt was left in sending. */
async function leftInSending(): Promise<void> {
  await bench.claim();
  bench.script.answers = [maybeSent];
  expect(await bench.run(idempotent)).toMatchObject({ kind: 'again' });
}

describe('an attempt that was left in sending', () => {
  it('is settled as a dry run where nothing is sent any more', async () => {
    await leftInSending();
    await bench.run({ ...idempotent, dryRun: true });
    expect(outcomes()).toEqual(['dry_run']);
    expect(bench.calls).toHaveLength(1);
  });

  it.each([0, -1])('is not repeated once its time is over (%d ms are left)', async (remainingMs) => {
    await leftInSending();
    const { permit } = bench.memory.store;
    const store = storeWith({
      permit: async (...args) => {
        const answer = await permit(...args);
        return answer.kind === 'interrupted' ? { ...answer, remainingMs } : answer;
      },
    });
    await bench.run({ ...idempotent, store });
    expect(outcomes()).toEqual(['unknown']);
    expect(bench.calls).toHaveLength(1);
  });

  it('is not repeated for a merchant that is denied meanwhile', async () => {
    await leftInSending();
    bench.script.withdrawn = 'merchant';
    await bench.run(idempotent);
    expect(outcomes()).toEqual(['unknown']);
    expect(bench.calls).toHaveLength(1);
  });

  it('and that another worker takes over first is looked at again after five seconds', async () => {
    await leftInSending();
    const store = storeWith({
      takeOver: (ref, _attempt, token) => bench.memory.store.permit(ref, token),
    });
    expect(await bench.run({ ...idempotent, store })).toEqual({ kind: 'again', delayMs: 5000 });
    expect(bench.calls).toHaveLength(1);
  });
});

describe('a permission', () => {
  it.each([0, -1])('that leaves %d ms gives the place back without a call', async (remainingMs) => {
    await bench.claim();
    const { permit } = bench.memory.store;
    const store = storeWith({
      permit: async (...args) => {
        const answer = await permit(...args);
        return answer.kind === 'granted' ? { ...answer, remainingMs } : answer;
      },
    });
    await bench.run({ store });
    expect(outcomes()).toEqual(['expired']);
    expect(bench.calls).toEqual([]);
  });
});

describe('an end', () => {
  it('that another attempt holds is looked at again after five seconds', async () => {
    await bench.claim();
    const store = storeWith({ settle: async () => ({ kind: 'held' }) });
    expect(await bench.run({ store })).toEqual({ kind: 'again', delayMs: 5000 });
    expect(outcomes()).toEqual([]);
  });

  it('whose record is gone is reported as it was, and logged as an error', async () => {
    await bench.claim();
    const store = storeWith({ settle: async () => ({ kind: 'absent' }) });
    expect(await bench.run({ store, logger })).toEqual({ kind: 'ended' });
    expect(outcomes()).toEqual(['sent']);
    expect(lines).toEqual([['error', { eventId: 'e-1', wanted: 'sent' }, 'the record of a push is gone']]);
  });

  it('of a push of which nothing is known is not reported', async () => {
    await bench.claim();
    bench.script.killed = true;
    const store = storeWith({ release: async () => ({ kind: 'absent' }) });
    expect(await bench.run({ store, logger })).toEqual({ kind: 'ended' });
    expect(outcomes()).toEqual([]);
  });

  it('that came otherwise before is the one that is reported, and logged', async () => {
    await bench.claim();
    const { settle } = bench.memory.store;
    const store = storeWith({
      settle: async (ref, attempt) => {
        const ending = await settle(ref, attempt, 'unknown');
        if (ending.kind !== 'done') throw new Error(ending.kind);
        return { ...ending, kind: 'settled', outcome: 'unknown' };
      },
    });
    await bench.run({ store, logger });
    expect(outcomes()).toEqual(['unknown']);
    const fields = { eventId: 'e-1', wanted: 'sent', outcome: 'unknown' };
    expect(lines).toEqual([['warn', fields, 'too late: the push had ended otherwise']]);
  });

  it('that came before as it is wanted is nothing to warn of', async () => {
    await bench.claim();
    const { settle } = bench.memory.store;
    const store = storeWith({
      settle: async (ref, attempt, outcome) => {
        const ending = await settle(ref, attempt, outcome);
        if (ending.kind !== 'done') throw new Error(ending.kind);
        return { ...ending, kind: 'settled', outcome };
      },
    });
    await bench.run({ store, logger });
    expect(outcomes()).toEqual(['sent']);
    expect(lines).toEqual([]);
  });

  it('of a push that cannot go back to claimed is the one it has', async () => {
    await bench.claim();
    bench.script.answers = [{ kind: 'not_sent', error: '429' }];
    const store = storeWith({ retreat: async () => ({ kind: 'held' }) });
    expect(await bench.run({ store })).toEqual({ kind: 'again', delayMs: 5000 });
  });
});

describe('the log', () => {
  it('says of each call that did not deliver what came of it', async () => {
    await bench.claim();
    bench.script.answers = [
      () => {
        throw new Error('socket gone');
      },
    ];
    await bench.run({ logger });
    const fields = {
      eventId: 'e-1',
      attempt: 1,
      kind: 'maybe_sent',
      error: 'the call failed: Error: socket gone',
    };
    expect(lines).toEqual([['warn', fields, 'push not delivered']]);
  });

  it('says nothing of a push that was delivered', async () => {
    await bench.claim();
    await bench.run({ logger });
    expect(lines).toEqual([]);
  });

  it('says of a permission that came too late that nothing was sent', async () => {
    await bench.claim();
    const { permit } = bench.memory.store;
    const store = storeWith({
      permit: async (...args) => {
        const answer = await permit(...args);
        bench.advance(2000);
        return answer;
      },
    });
    await bench.run({ store, logger });
    expect(lines).toMatchObject([
      ['warn', { error: 'the permission was older than it may be' }, 'push not delivered'],
    ]);
  });

  it('says why a push is withdrawn', async () => {
    await bench.claim();
    bench.script.withdrawn = 'merchant';
    await bench.run({ logger });
    expect(lines).toEqual([['info', { eventId: 'e-1', why: 'merchant' }, 'push withdrawn']]);
  });

  it('names the kill switch where it was thrown after the permission was asked for', async () => {
    await bench.claim();
    const store = storeWith({
      permit: (...args) => {
        bench.script.killed = true;
        return bench.memory.store.permit(...args);
      },
    });
    const guard = {
      killSwitch: async () => {
        await Promise.resolve();
        return bench.script.killed;
      },
      isWithdrawn: () => undefined,
    };
    await bench.run({ store, logger, guard });
    expect(lines).toEqual([['info', { eventId: 'e-1', why: 'kill switch' }, 'push withdrawn']]);
    expect(bench.calls).toEqual([]);
  });

  it('calls a queued push without a record an error', async () => {
    await bench.run({ logger, store: storeWith({ checkPending: async () => 'pending' }) });
    expect(lines).toEqual([['error', { eventId: 'e-1' }, 'a queued push has no record: it is not sent']]);
  });
});

it('the pace is not waited for where it is free', async () => {
  await bench.claim();
  let sleeps = 0;
  const clock = { now: bench.now, sleep: async () => void (sleeps += 1) };
  await bench.run({ clock, rate: { reserve: async () => 0 } });
  expect(sleeps).toBe(0);
  expect(outcomes()).toEqual(['sent']);
});

it('what a slow call took is no longer there for the next try', async () => {
  await bench.claim(10_000);
  bench.script.answers = [
    () => {
      bench.advance(9500);
      return maybeSent;
    },
  ];
  expect(await bench.run(idempotent)).toEqual({ kind: 'ended' });
  expect(outcomes()).toEqual(['unknown']);
});
