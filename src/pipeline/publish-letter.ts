/**
 * Publishes dead letters whose bytes may have been let go of: they are had again for as long as it takes, one letter at a
 * time. So a flood of large bad events waits its turn and not in memory, and a topic that takes nothing leaves the rest
 * of the room for unpacked records to those that are read.
 */
import type { LentBytes } from '../domain/record.ts';
import type { DeadLetter, DeadLetters } from './ports.ts';

/** Rejects as `letters` does. */
export function recuttingLetters(letters: DeadLetters): DeadLetters {
  let last: Promise<unknown> = Promise.resolve();

  async function publishAgain(letter: DeadLetter, recut: () => Promise<LentBytes>): Promise<void> {
    const lent = await recut();
    try {
      await letters.publish({ ...letter, piece: { ...letter.piece, bytes: lent.bytes } });
    } finally {
      lent.release();
    }
  }

  return {
    publish(letter) {
      const { recut } = letter.piece;
      if (recut === undefined) return letters.publish(letter);
      const published = last.then(() => publishAgain(letter, recut));
      last = published.catch(() => undefined);
      return published;
    },
  };
}
