/**
 * The end of a turn of the event loop, for what gathers work and may come last.
 *
 * undici sends over a socket that was idle only after a look at it in the loop's check phase, where callbacks run in the
 * order in which they were asked for. So what can wait asks for that phase only when every continuation of the present
 * callback is through: a call that such a continuation makes then goes out before it. For a user whose calls follow
 * each other that is a tenth of a millisecond for each.
 */

/** Runs it in this turn, or in the next one where this turn's end has begun. */
export function atTurnEnd(run: () => void): void {
  process.nextTick(setImmediate, run);
}
