/** A large record's pieces are cut a few ahead, and let go of as they are taken. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import type { RecordPiece } from '../../../../src/domain/record.ts';
import { openRecord } from '../../../../src/stream/partition/open-record.ts';
import { listPieces, streamPieces, type Pieces } from '../../../../src/stream/partition/record-pieces.ts';
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

const owner = openRecord({ offset: 0, bytes: 0, timestampMs: 0 }, null);
const pieceOf = (index: number, ownBytes?: number): RecordPiece => ({
  source: { topic: 't', partition: 0, offset: '0', index },
  ...{
    envelope: { key: null, headers: {} },
    bytes: null,
    unpacked: false,
    content: { kind: 'json', value: 0 },
  },
  ownBytes,
});

it('hands out pieces that are at hand, and is exhausted with the last', () => {
  const pieces = listPieces(owner, [pieceOf(0), pieceOf(1)]);
  expect([pieces.owner, pieces.isExhausted()]).toEqual([owner, false]);
  expect(pieces.take()?.source.index).toBe(0);
  expect(pieces.isExhausted()).toBe(false);
  expect(pieces.take()?.source.index).toBe(1);
  expect(pieces.isExhausted()).toBe(true);
  expect(pieces.take()).toBeUndefined();
  expect(listPieces(owner, []).isExhausted()).toBe(true);
});

it.each([
  // Two of them are as much as may be cut ahead, of the others a third one goes beyond it.
  [16 * 1024, 2],
  [16 * 1024 - 1, 3],
  [1024 * 1024, 1],
])(
  'cuts no more ahead than pieces of 32 KiB of their own, and one more: of %i bytes %i',
  async (bytes, ahead) => {
    let cut = 0;

    async function* decode(): AsyncGenerator<RecordPiece> {
      for (;;) yield pieceOf(cut++, bytes);
    }
    const pieces = streamPieces(owner, decode(), { onReady: () => undefined, onFault: () => undefined });
    await turn();
    expect(cut).toBe(ahead);
    for (let taken = 1; taken <= 3; taken += 1) {
      pieces.take();
      await turn();
      expect(cut).toBe(ahead + taken);
    }
  },
);

it('tells of each piece and of the end, as whoever waits for one must hear of it', async () => {
  const onReady = vi.fn();

  async function* decode(): AsyncGenerator<RecordPiece> {
    yield pieceOf(0);
    yield pieceOf(1);
  }
  const pieces = streamPieces(owner, decode(), { onReady, onFault: () => undefined });
  expect([pieces.take(), pieces.isExhausted()]).toEqual([undefined, false]);
  await turn();
  expect(onReady).toHaveBeenCalledTimes(3);
  expect([pieces.owner, pieces.isExhausted()]).toEqual([owner, false]);
});

it('is exhausted once it is stopped, and has its decoder let go of what it holds', async () => {
  let closed = false;

  async function* decode(): AsyncGenerator<RecordPiece> {
    try {
      for (let index = 0; ; index += 1) yield pieceOf(index);
    } finally {
      closed = true;
    }
  }
  const pieces = streamPieces(owner, decode(), { onReady: () => undefined, onFault: () => undefined });
  await turn();
  pieces.stop();
  await turn();
  expect(closed).toBe(true);
  let left = 0;
  while (pieces.take() !== undefined) left += 1;
  expect([left, pieces.isExhausted()]).toEqual([CUT_AHEAD, true]);
});

it('reports a decoder that fails, in its work or at its end', async () => {
  const faults: unknown[] = [];
  const on = { onReady: () => undefined, onFault: (error: unknown) => void faults.push(error) };
  const source = (iterator: AsyncIterator<RecordPiece>) => ({ [Symbol.asyncIterator]: () => iterator });
  streamPieces(owner, source({ next: () => Promise.reject(new Error('in its work')) }), on);
  await turn();
  const pieces = streamPieces(
    owner,
    source({
      next: () => new Promise(() => undefined),
      return: () => Promise.reject(new Error('at its end')),
    }),
    on,
  );
  pieces.stop();
  streamPieces(owner, source({ next: () => new Promise(() => undefined) }), on).stop();
  await turn();
  expect(faults).toEqual([new Error('in its work'), new Error('at its end')]);
});
