/** A condition's syntax tree without its places, which can be changed and written down again. */
import { parse, serialize, type ASTNode } from '@marcbachmann/cel-js';

export interface Node {
  readonly op: string;
  readonly args: unknown;
}

export const OPPOSITES: Readonly<Record<string, string>> = {
  ...{ '==': '!=', '!=': '==', '<': '>=', '>=': '<', '>': '<=', '<=': '>' },
};
const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};
/** What is a whole number from 0 to this. */
const WHOLE: Readonly<Record<string, number>> = { 'event.localHour': 23, 'event.localWeekday': 7 };

/** @param text a condition that compiles. */
export function parseTree(text: string): Node {
  return plain(parse(text).ast);
}

/** For which values of a whole number the comparison holds; undefined where it is no such comparison. */
export function truthOf({ op, args }: Node): readonly boolean[] | undefined {
  const compare = COMPARE[op];
  if (compare === undefined || !Array.isArray(args)) return undefined;
  const [left, right] = args as [Node, Node];
  const [leftValues, rightValues] = [valuesOf(left), valuesOf(right)];
  if (leftValues === undefined || rightValues === undefined) return undefined;
  return rightValues.flatMap((b) => leftValues.map((a) => compare(a, b)));
}

/** What a side of a comparison may be: a whole number within bounds, or one number. */
function valuesOf(node: Node): readonly number[] | undefined {
  if (node.op === 'value') return typeof node.args === 'bigint' ? [Number(node.args)] : undefined;
  const most = node.op === '.' ? WHOLE[write(node)] : undefined;
  return most === undefined ? undefined : Array.from({ length: most + 1 }, (_, value) => value);
}

function plain({ op, args }: Pick<ASTNode, 'op' | 'args'>): Node {
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    return isNode(value) ? plain(value as ASTNode) : value;
  };
  return { op, args: copy(args) };
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

export function write(node: Node): string {
  return serialize(node as ASTNode);
}
