/**
 * What an expression may not do, found in its syntax tree when the rules are loaded. It may not switch the type check
 * off (`dyn`, `json`), ask for absence in a way that is always true (`has`), or run for long. CEL itself always ends.
 * But a loop in a loop, or one that makes texts or lists, ends too late for a thousand events a second. Together with
 * the bounds of bounded-functions.ts one evaluation takes some milliseconds at the very most.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import { isOurs, MAX_PARTS, useBounded, type Patterns } from './bounded-functions.ts';
import { compilePattern, MAX_PATTERN_SIZE, tooLarge, type Pattern } from './re2.ts';

export interface Refusal {
  readonly message: string;
  /** In UTF-16 units of the expression. */
  readonly offset: number;
}

export interface Inspected {
  readonly refusal: Refusal | undefined;
  /** Those in quotes, compiled. */
  readonly patterns: Patterns;
  /** It has what can take long: evaluations of it are looked at by the clock. */
  readonly isHeavy: boolean;
}

const REFUSED: Readonly<Record<string, string>> = {
  dyn: 'dyn() switches the type check off and is not available',
  json: 'json() has no type to check and is not available',
  bind: 'cel.bind() is not available',
  has: 'has() is always true here; an absent text is "", an absent number 0 (see coupon.hasLocation and its like)',
};
const LOOPS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
const SEARCHES = new Set(['matches', 'contains', 'indexOf', 'lastIndexOf']);
const MAKERS = new Set(['split', 'join']);
/** With a time zone each makes a formatter, which takes most of a millisecond. */
const CALENDAR = /^get(Date|Day\w+|FullYear|Hours|Milliseconds|Minutes|Month|Seconds)$/;
const MAX_ZONED = 4;
/** Elements times what is asked of each: a text operation takes microseconds at most. */
const MAX_LOOP_STEPS = 2000;

interface Walk {
  readonly patterns: Map<string, Pattern>;
  patternSize: number;
  zoned: number;
  isHeavy: boolean;
}

/** Also points calls to the bounded functions, so before the expression's types are checked. */
export function inspectExpression(root: ASTNode): Inspected {
  const walk: Walk = { patterns: new Map(), patternSize: 0, zoned: 0, isHeavy: false };
  const refusal = inspect(root, false, walk);
  return { refusal, patterns: walk.patterns, isHeavy: walk.isHeavy };
}

function inspect(node: ASTNode, insideLoop: boolean, walk: Walk): Refusal | undefined {
  if (insideLoop && (node.op === 'list' || node.op === 'map')) {
    return { message: 'a loop that makes lists is not available', offset: node.start };
  }
  // The checker lets it pass, and each evaluation would fail.
  if (node.op === 'id' && node.args === 'optional') {
    return { message: 'optional is not available', offset: node.start };
  }
  if (node.op === 'call' || node.op === 'rcall') {
    const name = node.args[0];
    const refusal = refuseCall(node, name, insideLoop, walk);
    if (refusal !== undefined) return refusal;
    if (node.op === 'rcall' && LOOPS.has(name)) return inspectLoop(node.args[1], node.args[2], walk);
    useBounded(node);
  }
  return firstOf(childrenOf(withoutList(node)), (child) => inspect(child, insideLoop, walk));
}

/** A list to look in is made once, and is no list that a loop makes. */
function withoutList(node: ASTNode): unknown {
  return node.op === 'in' && node.args[1].op === 'list' ? [node.args[0], node.args[1].args] : node.args;
}

function refuseCall(
  node: ASTNode & { readonly op: 'call' | 'rcall' },
  name: string,
  insideLoop: boolean,
  walk: Walk,
): Refusal | undefined {
  const refuse = (message: string, at = node): Refusal => ({ message, offset: at.start });
  if (isOurs(name)) return refuse(`there is no ${name}()`);
  if (Object.hasOwn(REFUSED, name)) return refuse(REFUSED[name] ?? '');
  const args = node.op === 'rcall' ? node.args[2] : node.args[1];
  if (SEARCHES.has(name) || MAKERS.has(name)) walk.isHeavy = true;
  if (name === 'matches') return inspectPattern(args.at(-1), walk);
  if (name === 'duration' && args[0]?.op !== 'value') return refuse('duration() takes a text in quotes');
  if (LOOPS.has(name) && insideLoop) return refuse(`${name}() inside another loop is not available`);
  if (MAKERS.has(name) && insideLoop) return refuse(`${name}() inside a loop is not available`);
  if (node.op === 'rcall' && args.length > 0 && CALENDAR.test(name)) {
    walk.isHeavy = true;
    walk.zoned += 1;
    if (insideLoop || walk.zoned > MAX_ZONED) {
      return refuse(`${name}() with a time zone at most ${String(MAX_ZONED)} times, and in no loop`);
    }
  }
  return undefined;
}

function inspectPattern(node: ASTNode | undefined, walk: Walk): Refusal | undefined {
  if (node?.op !== 'value' || typeof node.args !== 'string') return undefined;
  const compiled = compilePattern(node.args);
  if (!compiled.ok) return { message: compiled.message, offset: node.start };
  walk.patterns.set(node.args, compiled.pattern);
  walk.patternSize += compiled.pattern.size;
  if (walk.patternSize <= MAX_PATTERN_SIZE) return undefined;
  return { message: tooLarge(walk.patternSize), offset: node.start };
}

function inspectLoop(receiver: ASTNode, parameters: readonly ASTNode[], walk: Walk): Refusal | undefined {
  walk.isHeavy = true;
  const refusal = inspect(receiver, false, walk);
  if (refusal !== undefined) return refusal;
  const asked = parameters.reduce((sum, parameter) => sum + countSteps(parameter), 0);
  const elements = countElements(receiver);
  if (elements * asked > MAX_LOOP_STEPS) {
    const message = `too long a loop: ${String(elements)} elements × ${String(asked)} operations, of at most ${String(MAX_LOOP_STEPS)}`;
    return { message, offset: receiver.start };
  }
  return firstOf(parameters, (parameter) => inspect(parameter, true, walk));
}

function countSteps(node: ASTNode): number {
  const own = node.op === 'value' || node.op === 'id' || node.op === '.' ? 0 : 1;
  const among = node.op === 'in' ? countElements(node.args[1]) : 0;
  return childrenOf(node.args).reduce((sum, child) => sum + countSteps(child), own + among);
}

/** At most. */
function countElements(list: ASTNode): number {
  if (list.op === 'list') return list.args.length;
  if (list.op === 'rcall' && LOOPS.has(list.args[0])) return countElements(list.args[1]);
  if (list.op === '+') return countElements(list.args[0]) + countElements(list.args[1]);
  if (list.op === '?:') return Math.max(countElements(list.args[1]), countElements(list.args[2]));
  return MAX_PARTS;
}

/** After the check, which has found the types: a loop may add numbers, and no texts or lists. */
export function findGrowth(node: ASTNode, insideLoop = false): Refusal | undefined {
  if (insideLoop && node.op === '+' && !isNumber(node)) {
    return { message: 'a loop that joins texts or lists by + is not available', offset: node.start };
  }
  if (node.op === 'rcall' && LOOPS.has(node.args[0])) {
    const [, receiver, parameters] = node.args;
    return findGrowth(receiver) ?? firstOf(parameters, (parameter) => findGrowth(parameter, true));
  }
  return firstOf(childrenOf(node.args), (child) => findGrowth(child, insideLoop));
}

/** The library leaves a type's name on each node that it has checked. */
function isNumber(node: ASTNode): boolean {
  const type: unknown = Reflect.get(node, 'checkedType');
  const name: unknown = typeof type === 'object' && type !== null && Reflect.get(type, 'name');
  return name === 'double' || name === 'int' || name === 'uint';
}

function firstOf<T>(nodes: readonly ASTNode[], find: (node: ASTNode) => T | undefined): T | undefined {
  for (const node of nodes) {
    const found = find(node);
    if (found !== undefined) return found;
  }
  return undefined;
}

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap((item: unknown) => childrenOf(item));
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
