/** A large record's pieces are cut a few ahead, and let go of as they are taken. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { RecordPiece } from '../../../../src/domain/record.ts';
import { openRecord } from '../../../../src/stream/partition/open-record.ts';
import { streamPieces, type Pieces } from '../../../../src/stream/partition/record-pieces.ts';
import { collectGarbage } from '../../../support/pods/collect-garbage.ts';

const EVENTS = 200;
const CUT_AHEAD = 16;

/** A record of {@link EVENTS} events, and what its decoder has been asked for so far. */
function openPieces(): { readonly pieces: Pieces; readonly cut: WeakRef<RecordPiece>[] } {
  const cut: WeakRef<RecordPiece>[] = [];

  async function* decode(): AsyncGenerator<RecordPiece> {
    for (let index = 0; index < EVENTS; index += 1) {
      const piece: RecordPiece = {
        source: { topic: 't', partition: 0, offset: '0', index },
        envelope: { key: null, headers: {} },
        bytes: null,
        unpacked: true,
        content: { kind: 'json', value: index },
      };
      cut.push(new WeakRef(piece));
      yield piece;
    }
  }
  const owner = openRecord({ offset: 0, bytes: 0, timestampMs: 0 }, null);
  const pieces = streamPieces(owner, decode(), {
    onReady: () => undefined,
    onFault: (error) => {
      throw error;
    },
  });
  return { pieces, cut };
}

it('cuts a few pieces ahead, hands out all of them in order, and is exhausted then', async () => {
  const { pieces, cut } = openPieces();
  for (let index = 0; index < EVENTS; index += 1) {
    await turn();
    expect(cut.length).toBe(Math.min(EVENTS, index + CUT_AHEAD));
    expect(pieces.isExhausted()).toBe(false);
    expect(pieces.take()?.source.index).toBe(index);
  }
  await turn();
  expect(pieces.take()).toBeUndefined();
  expect(pieces.isExhausted()).toBe(true);
});

it('keeps no piece that was taken, where the next ones are always there already', async () => {
  const { pieces, cut } = openPieces();
  for (let taken = 0; taken < EVENTS / 2; taken += 1) {
    await turn();
    pieces.take();
  }
  // What a WeakRef was made of, or told of, lives to the end of the turn.
  await turn();
  collectGarbage();
  const alive = cut.filter((piece) => piece.deref() !== undefined).length;
  // Beside those that wait, one or two on their way through the decoder.
  expect(alive).toBeLessThanOrEqual(CUT_AHEAD + 2);
  expect(pieces.take()?.source.index).toBe(EVENTS / 2);
});
