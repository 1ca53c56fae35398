/**
 * What each clause of a condition came to, heard while the condition was worked out. Nothing is worked out a second time:
 * each value is what the evaluator itself passed on. A clause that it did not come to, as `a` in `a && b` was false, has
 * no value. Only for whoever explains rules: pods compile their conditions without it.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import { errorText } from '../../runtime/error-text.ts';
import { createClauseText } from './clause-text.ts';

export type ClauseValue =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: string }
  /** The clauses before it had decided. */
  | { readonly kind: 'not_asked' };

export interface Clause {
  /** As its author wrote it. */
  readonly text: string;
  /** CEL's operator, such as `&&`, `!_`, `<`, `.` (a variable), `rcall` (a function of a value). */
  readonly op: string;
  readonly value: ClauseValue;
  /**
   * Of `&&`, `||`, `!` and `?:` their clauses. Of a comparison its two sides. Of anything else the variables in it.
   */
  readonly parts: readonly Clause[];
  /** Of a comparison: what stands left and right of its operator. */
  readonly sides: readonly [string, string] | undefined;
}

export interface ClauseListener {
  /** Begins to listen. @param root of a condition that has been checked. */
  readonly attach: (root: ASTNode) => void;
  /** Before each evaluation. */
  begin(): void;
  /** What was heard since. */
  read(): Clause;
}

/** Operators whose parts are conditions, too. */
export const LOGICAL: ReadonlySet<string> = new Set(['&&', '||', '!_', '?:']);
export const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', 'in']);
const NOT_ASKED: ClauseValue = { kind: 'not_asked' };

interface Listened extends Pick<Clause, 'text' | 'sides'> {
  readonly node: ASTNode;
  readonly parts: readonly Listened[];
}

export function createClauseListener(): ClauseListener {
  const heard = new Map<ASTNode, ClauseValue>();
  let tree: Listened | undefined;

  const read = ({ node, text, sides, parts }: Listened): Clause => ({
    ...{ text, sides },
    op: node.op,
    value: heard.get(node) ?? NOT_ASKED,
    parts: LOGICAL.has(node.op) ? parts.map(read) : distinct(parts.map(read)),
  });
  return {
    attach: (root) => {
      const textOf = createClauseText(root.input);
      tree = listen(root, (node) => textOf(node.start, node.end), heard);
    },
    begin: () => heard.clear(),
    read: () => {
      if (tree === undefined) throw new Error('nobody listens to a condition that does not compile');
      return read(tree);
    },
  };
}

function listen(
  node: ASTNode,
  textOf: (node: ASTNode) => string,
  heard: Map<ASTNode, ClauseValue>,
): Listened {
  noteValue(node, heard);
  const parts = partsOf(node).map((part) => listen(part, textOf, heard));
  return { node, text: textOf(node), sides: sidesOf(node, textOf), parts };
}

/** Of a variable that stands there several times, the one that was asked. */
function distinct(clauses: readonly Clause[]): readonly Clause[] {
  const found = new Map<string, Clause>();
  for (const clause of clauses) {
    const before = found.get(clause.text);
    if (before === undefined || before.value.kind === 'not_asked') found.set(clause.text, clause);
  }
  return [...found.values()];
}

function sidesOf(node: ASTNode, textOf: (node: ASTNode) => string): readonly [string, string] | undefined {
  const [left, right] = COMPARISONS.has(node.op) ? nodesIn(node.args) : [];
  return left === undefined || right === undefined ? undefined : [textOf(left), textOf(right)];
}

/** The library keeps how a node is worked out in its `evaluate`, and puts another one there at the first time. */
function noteValue(node: ASTNode, heard: Map<ASTNode, ClauseValue>): void {
  type Evaluate = (this: ASTNode, ...args: unknown[]) => unknown;
  let evaluate: unknown = Reflect.get(node, 'evaluate');
  if (typeof evaluate !== 'function') throw new Error(`nobody can listen to ${node.op}`);
  function evaluateHeard(...args: unknown[]): unknown {
    try {
      const value = (evaluate as Evaluate).apply(node, args);
      heard.set(node, { kind: 'value', value });
      return value;
    } catch (error) {
      heard.set(node, { kind: 'failed', error: errorText(error).split('\n')[0] ?? '' });
      throw error;
    }
  }
  Object.defineProperty(node, 'evaluate', {
    get: () => evaluateHeard,
    set: (next: unknown) => {
      evaluate = next;
    },
  });
}

function partsOf(node: ASTNode): readonly ASTNode[] {
  if (LOGICAL.has(node.op)) return nodesIn(node.args);
  if (COMPARISONS.has(node.op)) return nodesIn(node.args).filter(({ op }) => op !== 'value' && op !== 'list');
  return variablesIn(node.args);
}

function variablesIn(args: unknown): readonly ASTNode[] {
  return nodesIn(args).flatMap((node) =>
    node.op === '.' && node.args[0].op === 'id' ? [node] : variablesIn(node.args),
  );
}

function nodesIn(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap((item: unknown) => nodesIn(item));
  const isNode = typeof args === 'object' && args !== null && 'op' in args && 'args' in args;
  return isNode ? [args as ASTNode] : [];
}
