/**
 * The neighbours of a condition: each differs from it in one place, compiles, and means something else. Whoever tests
 * rules asks of each neighbour whether an example tells it from the condition.
 */
import { isNode, OPPOSITES, parseTree, truthOf, write, type Node } from './condition-tree.ts';
import { compileExpression } from './expression.ts';

export interface Neighbour {
  readonly text: string;
  /** The place before and after, such as `event.localHour < 12` and `event.localHour < 13`. */
  readonly from: string;
  readonly to: string;
}

interface Change {
  readonly node: Node;
  readonly from: string;
  readonly to: string;
}

const AT_THE_BORDER: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };

/** @param text a condition that compiles. @returns none twice, in the order of the text. */
export function varyCondition(text: string): readonly Neighbour[] {
  const root = parseTree(text);
  const written = write(root);
  const seen = new Set([written]);
  const whole = { text: `!(${text})`, from: text, to: `!(${text})` };
  // The library writes `a - (b - c)` without its brackets: of such a text only the whole is negated.
  if (JSON.stringify(parseTree(written), asText) !== JSON.stringify(root, asText)) return [whole];
  return changesOf(root, true).flatMap(({ node, from, to }) => {
    const changed = write(node);
    if (seen.has(changed) || !compileExpression(changed).ok) return [];
    seen.add(changed);
    return [{ text: changed, from, to }];
  });
}

/** @param isClause it stands where true or false is asked for. */
function changesOf(node: Node, isClause: boolean): readonly Change[] {
  const change = (to: Node): Change => ({ node: to, from: write(node), to: write(to) });
  const own = [...(isClause ? clauseChanges(node) : []), ...valueChanges(node)].map(change);
  return [...own, ...innerChanges(node, isClause)];
}

function clauseChanges(node: Node): readonly Node[] {
  if (node.op !== '&&' && node.op !== '||') return [negate(node)];
  const [left, right] = node.args as [Node, Node];
  return [negate(node), right, left, { op: node.op === '&&' ? '||' : '&&', args: node.args }];
}

function negate(node: Node): Node {
  const opposite = OPPOSITES[node.op];
  if (opposite !== undefined) return { op: opposite, args: node.args };
  return node.op === '!_' ? (node.args as Node) : { op: '!_', args: node };
}

function valueChanges(node: Node): readonly Node[] {
  const { op, args } = node;
  if (op === 'value') return otherValues(args).map((value) => ({ op, args: value }));
  if (op === 'list') {
    const items = args as readonly Node[];
    return items.map((_, without) => ({ op, args: items.filter((_item, index) => index !== without) }));
  }
  const border = AT_THE_BORDER[op];
  // Of a whole number, `<= 12` is `< 13`.
  return border === undefined || truthOf(node) !== undefined ? [] : [{ op: border, args }];
}

function otherValues(value: unknown): readonly unknown[] {
  if (typeof value === 'bigint') return [value - 1n, value + 1n];
  if (typeof value === 'string') return [`${value}~`];
  if (typeof value === 'boolean') return [!value];
  if (typeof value !== 'number') return [];
  const decimals = /\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0;
  const step = 10 ** -decimals;
  return [value - step, value + step].map((other) => Number(other.toFixed(decimals)));
}

/** Changes further down, each in the whole of this node. */
function innerChanges(node: Node, isClause: boolean): readonly Change[] {
  // Of a list, each item is left out: changed, it would be as good as gone.
  const children = node.op === 'list' ? [] : childrenOf(node);
  return children.flatMap(({ child, replace }, index) => {
    const asked = node.op === '&&' || node.op === '||' || (node.op === '?:' && (index === 0 || isClause));
    // What stands behind a `!` is negated by taking the `!` away.
    return changesOf(child, asked).flatMap((change) => {
      const changed = replace(change.node);
      return isSame(node, changed) ? [] : [showIn(node, changed, change)];
    });
  });
}

/** A changed number or text is shown with what it is compared with. */
function showIn(node: Node, changed: Node, change: Change): Change {
  const isBare = /^[-\d."]/.test(change.from);
  return isBare ? { node: changed, from: write(node), to: write(changed) } : { ...change, node: changed };
}

interface Child {
  readonly child: Node;
  readonly replace: (by: Node) => Node;
}

function childrenOf({ op, args }: Node): readonly Child[] {
  if (isNode(args)) return [{ child: args, replace: (by) => ({ op, args: by }) }];
  if (!Array.isArray(args)) return [];
  return args.flatMap((arg: unknown, index): readonly Child[] => {
    const put = (by: unknown): Node => ({ op, args: args.with(index, by) as unknown[] });
    if (isNode(arg)) return [{ child: arg, replace: put }];
    if (!Array.isArray(arg)) return [];
    return childrenOf({ op, args: arg }).map(({ child, replace }) => ({
      child,
      replace: (by) => put(replace(by).args),
    }));
  });
}

function isSame(node: Node, changed: Node): boolean {
  const truth = truthOf(node);
  return truth !== undefined && truth.join() === truthOf(changed)?.join();
}

function asText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${String(value)}n` : value;
}
