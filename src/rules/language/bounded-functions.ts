/**
 * CEL's functions whose cost is not in proportion to their text, each with a bound: `matches` (RE2 in place of
 * JavaScript's backtracking), the searches (a needle from one coupon's text in another's takes the product of both),
 * `split` and `join` (a list or a text larger than what came in).
 *
 * Each evaluation of a condition has a number of steps of some nanoseconds. Without a step left it fails, and its
 * coupon is excluded, as with any rule that fails. The library has no way to replace a function. So a parsed expression
 * is pointed to these, which have names of their own.
 */
import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import { compilePattern, type Pattern } from './re2.ts';

/** Of one evaluation: some milliseconds, all in all. */
const MAX_STEPS = 2_000_000;
/** One step is about what RE2 does for an instruction and a character; a search compares so many pairs in it. */
const PAIRS_A_STEP = 16;
/** Of a pattern that is worked out from a coupon's text; one in quotes is as long as its condition may be. */
const MAX_COMPUTED_LENGTH = 100;
const COMPILE_STEPS = 400_000;
const MAX_COMPUTED_KEPT = 100;
/** As many as a list in an expression may have. */
export const MAX_PARTS = 500;
const MAX_JOINED_LENGTH = 65_536;

export type Patterns = ReadonlyMap<string, Pattern>;

const PREFIX = 'bounded_';
const BOUNDED = new Set(['matches', 'contains', 'indexOf', 'lastIndexOf', 'split', 'join']);
const NO_PATTERNS: Patterns = new Map();

let stepsLeft = 0;
let literals = NO_PATTERNS;
const computed = new Map<string, Pattern>();

/** Before each evaluation. @param patterns those that stand in quotes in the expression. */
export function startSteps(patterns: Patterns): void {
  stepsLeft = MAX_STEPS;
  literals = patterns;
}

function take(steps: number): void {
  stepsLeft -= steps;
  if (stepsLeft < 0) throw new Error('took too many steps: the texts are too long for what is asked of them');
}

/** Registers them, beside CEL's own; an expression comes to them by {@link useBounded}. */
export function registerBounded(environment: Environment): void {
  const register = (signature: string, apply: (...args: never[]) => unknown): void => {
    environment.registerFunction(signature, apply, { async: false });
  };
  register('matches(string, string): bool', matches);
  register(`string.${PREFIX}matches(string): bool`, matches);
  register(`string.${PREFIX}contains(string): bool`, (text: string, needle: string) => {
    search(text, needle);
    return text.includes(needle);
  });
  register(`string.${PREFIX}indexOf(string): int`, (text: string, needle: string) => {
    search(text, needle);
    return BigInt(text.indexOf(needle));
  });
  register(`string.${PREFIX}indexOf(string, int): int`, (text: string, needle: string, from: bigint) => {
    search(text, needle);
    return BigInt(text.indexOf(needle, within(text, from)));
  });
  register(`string.${PREFIX}lastIndexOf(string): int`, (text: string, needle: string) => {
    search(text, needle);
    return BigInt(text.lastIndexOf(needle));
  });
  register(`string.${PREFIX}lastIndexOf(string, int): int`, (text: string, needle: string, from: bigint) => {
    search(text, needle);
    return BigInt(text.lastIndexOf(needle, within(text, from)));
  });
  register(`string.${PREFIX}split(string): list<string>`, (text: string, separator: string) =>
    split(text, separator),
  );
  register(
    `string.${PREFIX}split(string, int): list<string>`,
    (text: string, separator: string, most: bigint) => {
      const parts = split(text, separator);
      const max = Number(most);
      if (max === 0) return [];
      if (max < 0 || parts.length <= max) return parts;
      return [...parts.slice(0, max - 1), parts.slice(max - 1).join(separator)];
    },
  );
  register(`list<string>.${PREFIX}join(): string`, (parts: readonly string[]) => join(parts, ''));
  register(`list<string>.${PREFIX}join(string): string`, join);
}

/** Points every call of a function that has a bounded form to it. Before the check, which then sees our signatures. */
export function useBounded(node: ASTNode): void {
  if (node.op === 'rcall' && BOUNDED.has(node.args[0])) (node.args as unknown[])[0] = PREFIX + node.args[0];
}

/** An error's text as if there were only CEL's own names. */
export function withoutPrefix(message: string): string {
  return message.replaceAll(PREFIX, '');
}

export function isOurs(name: string): boolean {
  return name.startsWith(PREFIX);
}

function matches(text: string, pattern: string): boolean {
  const compiled = literals.get(pattern) ?? compute(pattern);
  take(compiled.size * text.length);
  return compiled.find(text);
}

function compute(text: string): Pattern {
  const known = computed.get(text);
  if (known !== undefined) return known;
  if (text.length > MAX_COMPUTED_LENGTH) {
    throw new Error(`a pattern that is worked out has at most ${String(MAX_COMPUTED_LENGTH)} characters`);
  }
  take(COMPILE_STEPS);
  const compiled = compilePattern(text);
  if (!compiled.ok) throw new Error(compiled.message);
  if (computed.size >= MAX_COMPUTED_KEPT) computed.clear();
  computed.set(text, compiled.pattern);
  return compiled.pattern;
}

function search(text: string, needle: string): void {
  take((text.length * (1 + needle.length)) / PAIRS_A_STEP);
}

/** CEL's own rule, which JavaScript would forgive. */
function within(text: string, from: bigint): number {
  if (from < 0n || from >= text.length) throw new Error('the index to search from is out of range');
  return Number(from);
}

function split(text: string, separator: string): string[] {
  search(text, separator);
  const parts = text.split(separator, MAX_PARTS + 1);
  if (parts.length > MAX_PARTS) throw new Error(`split() came to more than ${String(MAX_PARTS)} parts`);
  return parts;
}

function join(parts: readonly string[], separator: string): string {
  const length = parts.reduce((sum, part) => sum + part.length + separator.length, 0);
  if (length > MAX_JOINED_LENGTH) {
    throw new Error(`join() came to more than ${String(MAX_JOINED_LENGTH)} characters`);
  }
  return parts.join(separator);
}
