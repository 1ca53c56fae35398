/**
 * What an expression may not do, found in its syntax tree when the rules are loaded: switch the type check off
 * (`dyn`, `json`), ask for absence in a way that is always true (`has`), or run without bound. CEL itself always
 * ends, but a loop in a loop or a backtracking regular expression ends too late for a service that decides a
 * thousand events a second.
 */
import type { ASTNode } from '@marcbachmann/cel-js';

export interface Unbounded {
  readonly message: string;
  /** In UTF-16 units of the expression. */
  readonly offset: number;
}

const REFUSED: Readonly<Record<string, string>> = {
  dyn: 'dyn() switches the type check off and is not available',
  json: 'json() has no type to check and is not available',
  bind: 'cel.bind() is not available',
  has: 'has() is always true here; an absent text is "", an absent number 0 (see coupon.hasLocation and its like)',
};
const LOOPS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** @returns the first thing refused, or undefined. */
export function findUnbounded(root: ASTNode): Unbounded | undefined {
  return inspect(root, false);
}

function inspect(node: ASTNode, insideLoop: boolean): Unbounded | undefined {
  let within = insideLoop;
  if (node.op === 'call' || node.op === 'rcall') {
    const name = node.args[0];
    const refused = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
    if (refused !== undefined) return { message: refused, offset: node.start };
    if (node.op === 'rcall' && name === 'matches') {
      const found = inspectPattern(node.args[2][0]);
      if (found !== undefined) return found;
    }
    if (node.op === 'rcall' && LOOPS.has(name)) {
      if (insideLoop)
        return { message: `${name}() inside another loop is not available`, offset: node.start };
      const [, receiver, parameters] = node.args;
      const found = inspect(receiver, false);
      if (found !== undefined) return found;
      within = true;
      return inspectAll(parameters, within);
    }
  }
  return inspectAll(childrenOf(node.args), within);
}

function inspectAll(nodes: readonly ASTNode[], insideLoop: boolean): Unbounded | undefined {
  for (const node of nodes) {
    const found = inspect(node, insideLoop);
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

/**
 * JavaScript's regular expressions backtrack. A pattern passes where it can't take more than quadratic time: no
 * repeated group, at most two repetitions without limit, nothing that looks around or back.
 */
function inspectPattern(node: ASTNode | undefined): Unbounded | undefined {
  if (node === undefined) return undefined;
  const refuse = (message: string): Unbounded => ({ message, offset: node.start });
  if (node.op !== 'value' || typeof node.args !== 'string') {
    return refuse('matches() takes a pattern in quotes');
  }
  try {
    new RegExp(node.args);
  } catch {
    return refuse('not a regular expression');
  }
  const bare = node.args.replace(/\\[^\d]/g, 'x').replace(/\[[^\]]*\]/g, 'x');
  if (/\\\d|\(\?[=!<]/.test(bare)) return refuse('matches() takes no pattern that looks around or back');
  if (/\)[*+{?]/.test(bare)) return refuse('matches() takes no pattern with a repeated group');
  if ((bare.match(/[*+{]/g) ?? []).length > 2) {
    return refuse('matches() takes a pattern with at most two repetitions (* + {})');
  }
  return undefined;
}
