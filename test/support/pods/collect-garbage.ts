/** For tests that ask a WeakRef whether something is let go of. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** A full collection, now. What a WeakRef was made of or told of in this turn of the event loop outlives it. */
export const collectGarbage = runInNewContext('gc') as () => void;
