/** Letters whose bytes were let go of have them again while they are sent, and no longer. */
import { expect, it } from 'vitest';
import { UnavailableError } from '../../../src/domain/errors.ts';
import type { PieceOrigin } from '../../../src/domain/record.ts';
import { recuttingLetters } from '../../../src/pipeline/publish-letter.ts';
import type { DeadLetter } from '../../../src/pipeline/ports.ts';

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
  await recuttingLetters({ publish: async (one) => void sent.push(one) }).publish(letter);
  expect(sent).toEqual([letter]);
});

it.each([true, false])('one without has them until it was sent or not (%s)', async (works) => {
  const order: string[] = [];
  const letter = letterOf({
    recut: async () => ({ bytes: Buffer.from('again'), release: () => order.push('released') }),
  });
  const publishing = recuttingLetters({
    publish: async ({ piece }) => {
      order.push(`sent ${String(piece.bytes)}`);
      if (!works) throw new UnavailableError('Kafka', 'away');
    },
  }).publish(letter);
  if (works) await publishing;
  else await expect(publishing).rejects.toThrow(UnavailableError);
  expect(order).toEqual(['sent again', 'released']);
});

it('one that is held up keeps no second one in memory, and nobody who has its bytes from being sent', async () => {
  const order: string[] = [];
  const gate = Promise.withResolvers<undefined>();
  const letters = recuttingLetters({
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
  const both = [letters.publish(large('one')), letters.publish(large('two'))];
  await letters.publish(letterOf({ bytes: Buffer.from('has them') }));
  await new Promise((resolve) => setImmediate(resolve));
  expect(order).toEqual(['sent has them', 'cut one', 'sent one']);
  gate.resolve(undefined);
  await Promise.all(both);
  expect(order.slice(3)).toEqual(['released one', 'cut two', 'sent two', 'released two']);
});
