/**
 * Publishes dead letters. The bytes of a packed record may be gone by then: the letter has them unpacked again, and
 * keeps them until the topic has acknowledged it. Such letters go one at a time. So a flood of large bad events queues
 * without its bytes, and a topic that takes nothing leaves the memory for unpacked records to other records.
 *
 * After a second without acknowledgement the next letter goes beside it. At most four are out together, and they hold
 * at most half of that memory.
 */
import { after } from '../runtime/clock.ts';
import { AbandonedError } from '../runtime/errors.ts';
import { createLinkedList, type Linked } from '../runtime/collections/linked-list.ts';
import type { LentBytes } from '../domain/record.ts';
import type { DeadLetter, DeadLetters } from './ports.ts';
import type { Abandonable } from '../runtime/abandonable.ts';
import type { Ownership } from '../domain/ownership.ts';

export interface LetterPublisher {
  /**
   * Rejects as the letters' own `publish` does.
   *
   * @throws AbandonedError when ownership is revoked while the letter waits for its turn.
   */
  publish(letter: DeadLetter, ownership: Pick<Ownership, 'watch' | 'unwatch'>): Promise<void>;
}

interface Queued extends Linked<Queued>, Abandonable {
  readonly roomShare: number;
  start(): void;
}

/** Ms; a letter that is out for longer lets the next one go. */
const LONG_MS = 1000;
const MOST_OUT = 4;
/** Share of the memory for unpacked records that several letters may hold together. */
const MOST_ROOM_SHARE = 0.5;

export function createLetterPublisher(letters: DeadLetters): LetterPublisher {
  const queue = createLinkedList<Queued>();
  let out = 0;
  let outShare = 0;
  /** The last letter that went is out, and has been for less than {@link LONG_MS}. */
  let isPrompt = false;

  function mayGo({ roomShare }: Queued): boolean {
    if (out === 0) return true;
    return !isPrompt && out < MOST_OUT && outShare + roomShare <= MOST_ROOM_SHARE;
  }

  function letGo(): void {
    for (let next = queue.first(); next !== undefined && mayGo(next); next = queue.first()) {
      queue.remove(next);
      next.start();
    }
  }

  async function publishAgain(letter: DeadLetter, recut: () => Promise<LentBytes>): Promise<void> {
    const lent = await recut();
    try {
      await letters.publish({ ...letter, piece: { ...letter.piece, bytes: lent.bytes } });
    } finally {
      lent.release();
    }
  }

  async function publishInTurn(
    letter: DeadLetter,
    recut: () => Promise<LentBytes>,
    roomShare: number,
  ): Promise<void> {
    let isLong = false;
    const notPrompt = (): void => {
      if (!isLong) isPrompt = false;
      isLong = true;
    };
    out += 1;
    outShare += roomShare;
    isPrompt = true;
    const cancel = after(LONG_MS, () => {
      notPrompt();
      letGo();
    });
    try {
      await publishAgain(letter, recut);
    } finally {
      cancel();
      notPrompt();
      out -= 1;
      outShare = out === 0 ? 0 : outShare - roomShare;
      letGo();
    }
  }

  return {
    publish(letter, ownership) {
      const { recut, roomShare = 1 } = letter.piece;
      if (recut === undefined) return letters.publish(letter);
      return new Promise((resolve, reject) => {
        const queued: Queued = {
          ...{ roomShare, previous: undefined, next: undefined },
          start() {
            ownership.unwatch(queued);
            publishInTurn(letter, recut, roomShare).then(resolve, reject);
          },
          abandon() {
            queue.remove(queued);
            reject(new AbandonedError('abandoned before its dead letter'));
            // Only after all letters of the same revocation have left the queue.
            queueMicrotask(letGo);
          },
        };
        queue.append(queued);
        ownership.watch(queued);
        queueMicrotask(letGo);
      });
    },
  };
}
