/**
 * What is open at a point of a JSON text, innermost last. A byte a level, as a record may be nothing but
 * opening brackets.
 */
import { OPEN_ARRAY, type OPEN_OBJECT } from './json-bytes.ts';

export interface BracketStack {
  depth(): number;
  /** The opening bracket that was opened last and is still open. */
  innermost(): number | undefined;
  open(bracket: typeof OPEN_ARRAY | typeof OPEN_OBJECT): void;
  /**
   * Closes the nearest open bracket of this kind and all that were opened in it.
   * @returns false, and nothing changes, where none is open.
   */
  close(bracket: typeof OPEN_ARRAY | typeof OPEN_OBJECT): boolean;
  /** Leaves all objects up to the nearest open array. @returns false where there is none: all are left. */
  leaveObjects(): boolean;
}

export function createBracketStack(): BracketStack {
  let brackets = new Uint8Array(64);
  let depth = 0;
  // How many arrays are open; the rest are objects. Spares a search that would find nothing, again and again.
  let arrays = 0;

  function pop(): number | undefined {
    depth -= 1;
    const bracket = brackets[depth];
    if (bracket === OPEN_ARRAY) arrays -= 1;
    return bracket;
  }

  return {
    depth: () => depth,
    innermost: () => brackets[depth - 1],
    open(bracket) {
      if (depth === brackets.length) {
        const grown = new Uint8Array(2 * depth);
        grown.set(brackets);
        brackets = grown;
      }
      brackets[depth] = bracket;
      depth += 1;
      if (bracket === OPEN_ARRAY) arrays += 1;
    },
    close(bracket) {
      const found = bracket === OPEN_ARRAY ? arrays > 0 : depth > arrays;
      if (found) while (pop() !== bracket);
      return found;
    },
    leaveObjects() {
      while (depth > 0 && brackets[depth - 1] !== OPEN_ARRAY) depth -= 1;
      return depth > 0;
    },
  };
}
