/**
 * Regular expressions as CEL defines them: RE2, which takes time in proportion to the text, whatever the pattern.
 * JavaScript's own backtrack, and one pattern on one text of 64 KiB then keeps a pod for seconds.
 *
 * In proportion to the pattern's size, too, so that has a bound; and RE2's cache of states, which makes the usual text
 * twenty times as fast, is kept small: on a text that never comes to the same state twice, filling a large one takes
 * longer than to do without.
 */
import { RE2JS } from 're2js';
import { errorText } from '../../runtime/error-text.ts';

/** Instructions of the compiled pattern: a list of forty words is about 200, `.*free.*shipping` 18. */
export const MAX_PATTERN_SIZE = 240;
const STATES_BYTES = 64 * 1024;

export interface Pattern {
  /** Instructions. A search takes at most about 7 ns for each of them and each character of the text. */
  readonly size: number;
  /** Anywhere in the text, as CEL's `matches` does. */
  find(text: string): boolean;
}

export type CompiledPattern =
  { readonly ok: true; readonly pattern: Pattern } | { readonly ok: false; readonly message: string };

/** @param text in RE2's syntax; takes milliseconds for thousands of characters. Never throws. */
export function compilePattern(text: string): CompiledPattern {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(text);
  } catch (error) {
    const said = errorText(error);
    return { ok: false, message: `not an RE2 pattern: ${said.replace(/^error parsing regexp: /, '')}` };
  }
  const size = compiled.programSize();
  if (size > MAX_PATTERN_SIZE) return { ok: false, message: tooLarge(size) };
  const states = compiled.re2().dfa;
  states.maxMem = states.stateBudget = states.memBudget = STATES_BYTES;
  return { ok: true, pattern: { size, find: (searched) => compiled.test(searched) } };
}

/** @param size of one pattern, or of all that one condition has. */
export function tooLarge(size: number): string {
  return `too large a pattern: it compiles to ${String(size)} instructions, and a condition may have ${String(MAX_PATTERN_SIZE)}`;
}
