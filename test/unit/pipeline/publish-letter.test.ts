/** Letters whose bytes were let go of have them again while they are sent, and no longer. */
import { expect, it } from 'vitest';
import { UnavailableError } from '../../../src/domain/errors.ts';
import type { PieceOrigin } from '../../../src/domain/record.ts';
import { publishLetter } from '../../../src/pipeline/publish-letter.ts';
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
  await publishLetter({ publish: async (one) => void sent.push(one) }, letter);
  expect(sent).toEqual([letter]);
});

it.each([true, false])('one without has them until it was sent or not (%s)', async (works) => {
  const order: string[] = [];
  const letter = letterOf({
    recut: async () => ({ bytes: Buffer.from('again'), release: () => order.push('released') }),
  });
  const publishing = publishLetter(
    {
      publish: async ({ piece }) => {
        order.push(`sent ${String(piece.bytes)}`);
        if (!works) throw new UnavailableError('Kafka', 'away');
      },
    },
    letter,
  );
  if (works) await publishing;
  else await expect(publishing).rejects.toThrow(UnavailableError);
  expect(order).toEqual(['sent again', 'released']);
});
