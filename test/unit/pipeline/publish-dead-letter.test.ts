/** Letters whose bytes were let go of have them again while they are sent, and no longer. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AbandonedError, UnavailableError } from '../../../src/runtime/errors.ts';
import type { PieceOrigin } from '../../../src/domain/record.ts';
import { createLetterPublisher } from '../../../src/pipeline/publish-dead-letter.ts';
import type { DeadLetter } from '../../../src/pipeline/ports.ts';
import { ownershipOf } from '../../support/kafka/ownership-of.ts';

const held = ownershipOf(new AbortController().signal);

function letterOf(more: Partial<PieceOrigin>): DeadLetter {
  return {
    piece: {
      source: { topic: 't', partition: 0, offset: '0', index: 0 },
      envelope: { key: null, headers: {} },
      bytes: null,
      unpacked: true,
      ...more,
    },
    reason: 'malformed',
    error: 'not JSON',
    eventId: undefined,
    failedAtMs: 0,
  };
}

it('a letter that has its bytes is sent as it is', async () => {
  const sent: DeadLetter[] = [];
  const letter = letterOf({ bytes: Buffer.from('x') });
  await createLetterPublisher({ publish: async (one) => void sent.push(one) }).publish(letter, held);
  expect(sent).toEqual([letter]);
});

it.each([true, false])('one without has them until it was sent or not (%s)', async (works) => {
  const order: string[] = [];
  const letter = letterOf({
    recut: async () => ({ bytes: Buffer.from('again'), release: () => order.push('released') }),
  });
  const publishing = createLetterPublisher({
    publish: async ({ piece }) => {
      order.push(`sent ${String(piece.bytes)}`);
      if (!works) throw new UnavailableError('kafka', 'away');
    },
  }).publish(letter, held);
  if (works) await publishing;
  else await expect(publishing).rejects.toThrow(UnavailableError);
  expect(order).toEqual(['sent again', 'released']);
});

it('one that is held up keeps no second one in memory, and nobody who has its bytes from being sent', async () => {
  const order: string[] = [];
  const gate = Promise.withResolvers<undefined>();
  const letters = createLetterPublisher({
    publish: async ({ piece }) => {
      order.push(`sent ${String(piece.bytes)}`);
      if (String(piece.bytes) !== 'has them') await gate.promise;
    },
  });
  const large = (name: string): DeadLetter =>
    letterOf({
      recut: async () => {
        order.push(`cut ${name}`);
        return { bytes: Buffer.from(name), release: () => order.push(`released ${name}`) };
      },
    });
  const both = [letters.publish(large('one'), held), letters.publish(large('two'), held)];
  await letters.publish(letterOf({ bytes: Buffer.from('has them') }), held);
  await new Promise((resolve) => setImmediate(resolve));
  expect(order).toEqual(['sent has them', 'cut one', 'sent one']);
  gate.resolve(undefined);
  await Promise.all(both);
  expect(order.slice(3)).toEqual(['released one', 'cut two', 'sent two', 'released two']);
});

describe('a topic of which one partition takes nothing', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function setUp() {
    const log: string[] = [];
    const gates = new Map<string, PromiseWithResolvers<undefined>>();
    const letters = createLetterPublisher({
      publish: async ({ piece }) => {
        const name = String(piece.bytes);
        log.push(name);
        if (!name.startsWith('stuck')) return;
        const gate = Promise.withResolvers<undefined>();
        gates.set(name, gate);
        await gate.promise;
      },
    });
    return {
      log,
      publish: (name: string, roomShare?: number, hold = held) =>
        letters.publish(
          letterOf({
            roomShare,
            recut: async () => ({ bytes: Buffer.from(name), release: () => undefined }),
          }),
          hold,
        ),
      fail: (name: string) => gates.get(name)?.reject(new UnavailableError('kafka', 'away')),
      pass: (ms: number) => vi.advanceTimersByTimeAsync(ms),
    };
  }

  it('lets the letters of the others go after a second, each in its turn', async () => {
    const { log, publish, pass } = setUp();
    void publish('stuck', 0.1);
    const others = [publish('one', 0.1), publish('two', 0.1)];
    await pass(999);
    expect(log).toEqual(['stuck']);
    await pass(1);
    await Promise.all(others);
    expect(log).toEqual(['stuck', 'one', 'two']);
  });

  it('has four of its letters in memory at most, and those that wait go when one of them ends', async () => {
    const { log, publish, pass, fail } = setUp();
    const stuck = [1, 2, 3, 4].map((n) => publish(`stuck ${String(n)}`, 0.1));
    const last = publish('last', 0.1);
    await pass(60_000);
    expect(log).toEqual(['stuck 1', 'stuck 2', 'stuck 3', 'stuck 4']);
    fail('stuck 2');
    await expect(stuck[1]).rejects.toThrow(UnavailableError);
    await last;
    expect(log.at(-1)).toBe('last');
  });

  it.each([0.41, undefined])('holds no more than half of the room by several (%s)', async (share) => {
    const { log, publish, pass, fail } = setUp();
    const stuck = publish('stuck', 0.1);
    const large = publish('large', share);
    await pass(60_000);
    expect(log).toEqual(['stuck']);
    fail('stuck');
    await expect(stuck).rejects.toThrow(UnavailableError);
    await large;
    expect(log).toEqual(['stuck', 'large']);
  });

  it('holds half of the room by several where they fit exactly', async () => {
    const { log, publish, pass } = setUp();
    void publish('stuck', 0.25);
    const fits = publish('fits', 0.25);
    await pass(1000);
    await fits;
    expect(log).toEqual(['stuck', 'fits']);
  });

  it('counts what one holds for as long as it is out, whoever ends beside it', async () => {
    const { log, publish, pass, fail } = setUp();
    const stuck = publish('stuck', 0.4);
    await pass(1000);
    await publish('small', 0.1);
    void publish('large', 0.2);
    await pass(60_000);
    expect(log).toEqual(['stuck', 'small']);
    fail('stuck');
    await expect(stuck).rejects.toThrow(UnavailableError);
    await pass(0);
    expect(log).toEqual(['stuck', 'small', 'large']);
  });

  it('lets the next go when the one before it leaves the queue', async () => {
    const { log, publish, pass } = setUp();
    const controller = new AbortController();
    void publish('stuck', 0.1);
    const large = publish('large', 1, ownershipOf(controller.signal));
    const small = publish('small', 0.1);
    await pass(60_000);
    expect(log).toEqual(['stuck']);
    controller.abort();
    await expect(large).rejects.toThrow('abandoned before its dead letter');
    await small;
    expect(log).toEqual(['stuck', 'small']);
  });

  it('gives each that is out its own second', async () => {
    const { log, publish, pass, fail } = setUp();
    const first = publish('stuck 1', 0.1);
    await pass(1000);
    void publish('stuck 2', 0.1);
    await pass(500);
    fail('stuck 1');
    await expect(first).rejects.toThrow(UnavailableError);
    void publish('last', 0.1);
    await pass(499);
    expect(log).toEqual(['stuck 1', 'stuck 2']);
    await pass(1);
    expect(log).toEqual(['stuck 1', 'stuck 2', 'last']);
  });

  it('keeps no letter that waits for its turn from leaving when its hold is lost', async () => {
    const { log, publish, pass, fail } = setUp();
    const controller = new AbortController();
    const hold = ownershipOf(controller.signal);
    const stuck = publish('stuck', 0.1, hold);
    const lost = Promise.allSettled([publish('lost 1', 1, hold), publish('lost 2', 0.1, hold)]);
    const other = publish('other', 0.1);
    await pass(60_000);
    controller.abort();
    for (const one of await lost)
      expect(one.status === 'rejected' && one.reason).toBeInstanceOf(AbandonedError);
    await expect(publish('lost 3', 0.1, hold)).rejects.toThrow(AbandonedError);
    await other;
    expect(log).toEqual(['stuck', 'other']);
    fail('stuck');
    await expect(stuck).rejects.toThrow(UnavailableError);
  });
});
