/**
 * Publishes a dead letter whose bytes may have been let go of: they are had again for as long as it takes, under the
 * pod's bound for unpacked records, so that a flood of large bad events waits its turn and not in memory.
 */
import type { DeadLetter, DeadLetters } from './ports.ts';

/** Rejects as {@link DeadLetters.publish} does. */
export async function publishLetter(letters: DeadLetters, letter: DeadLetter): Promise<void> {
  const { piece } = letter;
  if (piece.recut === undefined) return letters.publish(letter);
  const lent = await piece.recut();
  try {
    await letters.publish({ ...letter, piece: { ...piece, bytes: lent.bytes } });
  } finally {
    lent.release();
  }
}
