/** Conditions that can't both hold, as far as that can be seen from what each of them asks for at once. */
import { isNode, OPPOSITES, parseTree, truthOf, write, type Node } from './condition-tree.ts';

/** @param a, b conditions that compile. @returns false where it can't be told. */
export function excludeEachOther(a: string, b: string): boolean {
  const theirs = clausesOf(parseTree(b));
  return clausesOf(parseTree(a)).some((mine) => theirs.some((other) => clash(mine, other)));
}

/** What must hold for the whole to hold. */
function clausesOf(node: Node): readonly Node[] {
  return node.op === '&&' ? (node.args as readonly Node[]).flatMap(clausesOf) : [node];
}

function clash(a: Node, b: Node): boolean {
  if (isNegation(a, b) || isNegation(b, a)) return true;
  const [left, right] = [sidesOf(a), sidesOf(b)];
  if (left === undefined || left.name !== right?.name) return false;
  if (a.op === '==' && b.op === '==') return left.value !== right.value;
  const [mine, theirs] = [truthOf(a), truthOf(b)];
  return (
    mine !== undefined &&
    theirs !== undefined &&
    !mine.some((holds, value) => holds && theirs[value] === true)
  );
}

function isNegation(a: Node, b: Node): boolean {
  if (a.op === '!_' && isNode(a.args)) return write(a.args) === write(b);
  const opposite = OPPOSITES[a.op];
  return opposite !== undefined && write({ op: opposite, args: a.args }) === write(b);
}

/** Of a comparison of a name with a text or number in the condition. */
function sidesOf({ op, args }: Node): { readonly name: string; readonly value: unknown } | undefined {
  if (!(op in OPPOSITES) || !Array.isArray(args)) return undefined;
  const [name, value] = args as [Node, Node];
  if (name.op !== '.' || value.op !== 'value') return undefined;
  return { name: write(name), value: typeof value.args === 'bigint' ? Number(value.args) : value.args };
}
