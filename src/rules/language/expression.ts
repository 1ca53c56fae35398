/**
 * Conditions in CEL (https://cel.dev), checked when they are loaded. So no event meets an unknown field, a comparison
 * of text with a number, or a result that is neither yes nor no. What can't be checked, or could run without bound, is
 * refused (see expression-limits.ts).
 *
 * Every number of ours is a double. CEL keeps int and double apart, so `coupon.discountPercent == 10` would be a type
 * error. The mixed operators registered here make numbers one thing, as everybody who edits rules expects.
 */
import { Environment, ParseError, TypeError as CelTypeError, type ASTNode } from '@marcbachmann/cel-js';
import { registerBounded, startSteps, withoutPrefix } from './bounded-functions.ts';
import { findGrowth, inspectExpression, type Refusal } from './expression-limits.ts';
import { reword } from './reword.ts';
import { VARIABLES } from '../../domain/rule-variables.ts';
import { BRANDS, type Variables } from './variables.ts';
import { errorText } from '../../runtime/error-text.ts';

export const MAX_EXPRESSION_LENGTH = 2000;

/**
 * @returns whether the condition holds.
 * @throws Error where it fails while it runs (a bad conversion, an index beyond its list).
 */
export type Condition = (variables: Variables) => boolean;

export type CompiledExpression =
  /** `isHeavy`: one evaluation may take more than some microseconds, and some milliseconds at the very most. */
  | { readonly ok: true; readonly condition: Condition; readonly isHeavy: boolean }
  /** `offset`: where in the text, in UTF-16 units. The message ends with the line and a caret below it. */
  | { readonly ok: false; readonly message: string; readonly offset: number };

/** An int literal comes as a bigint. */
type CelNumber = number | bigint;

const TYPES = { event: 'Event', coupon: 'Coupon', merchant: 'Merchant' } as const;

const environment = createEnvironment();

/** @param listen is given the checked syntax tree, to hear what its parts come to. */
export function compileExpression(text: string, listen?: (root: ASTNode) => void): CompiledExpression {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    const message = `longer than ${String(MAX_EXPRESSION_LENGTH)} characters`;
    return { ok: false, message, offset: 0 };
  }
  try {
    const parsed = environment.parse(text);
    const { refusal, patterns, isHeavy } = inspectExpression(parsed.ast);
    if (refusal !== undefined) return refuse(refusal, text);
    const checked = parsed.check();
    if (!checked.valid) return explain(checked.error, text);
    const growth = findGrowth(parsed.ast);
    if (growth !== undefined) return refuse(growth, text);
    if (checked.type !== 'bool') {
      const message = `must be a condition that is true or false, and this is of type ${checked.type ?? 'unknown'}`;
      return { ok: false, message: withCaret(message, text, 0), offset: 0 };
    }
    listen?.(parsed.ast);
    if (!isHeavy) return { ok: true, isHeavy, condition: (variables) => evaluate(parsed, variables) };
    const condition: Condition = (variables) => {
      startSteps(patterns);
      return evaluate(parsed, variables);
    };
    return { ok: true, isHeavy, condition };
  } catch (error) {
    return explain(error, text);
  }
}

function evaluate(run: (variables: Variables) => unknown, variables: Variables): boolean {
  const result = run(variables);
  if (typeof result !== 'boolean') throw new Error(`came to ${typeof result} instead of true or false`);
  return result;
}

function createEnvironment(): Environment {
  const made = new Environment({ limits: { maxAstNodes: 1000, maxDepth: 50, maxListElements: 500 } });
  for (const name of ['event', 'coupon', 'merchant'] as const) {
    made.registerType(TYPES[name], { ctor: BRANDS[name], fields: { ...VARIABLES[name] } });
    made.registerVariable(name, TYPES[name]);
  }
  const arithmetic = {
    '+': (a: CelNumber, b: CelNumber) => Number(a) + Number(b),
    '-': (a: CelNumber, b: CelNumber) => Number(a) - Number(b),
    '*': (a: CelNumber, b: CelNumber) => Number(a) * Number(b),
    '/': (a: CelNumber, b: CelNumber) => Number(a) / Number(b),
    '%': (a: CelNumber, b: CelNumber) => Number(a) % Number(b),
  };
  for (const [left, right] of [
    ['double', 'int'],
    ['int', 'double'],
  ] as const) {
    for (const [sign, apply] of Object.entries(arithmetic)) {
      made.registerOperator(`${left} ${sign} ${right}: double`, apply);
    }
    made.registerOperator(`${left} in list<${right}>: bool`, (a: CelNumber, list: readonly CelNumber[]) =>
      list.some((b) => Number(b) === Number(a)),
    );
  }
  // Serves `int == double` and `!=` too.
  made.registerOperator('double == int: bool', (a: CelNumber, b: CelNumber) => Number(a) === Number(b));
  made.registerOperator('double % double: double', arithmetic['%']);
  registerBounded(made);
  return made;
}

function refuse({ message, offset }: Refusal, text: string): CompiledExpression {
  return { ok: false, message: withCaret(message, text, offset), offset };
}

function explain(error: unknown, text: string): CompiledExpression {
  if (!(error instanceof ParseError || error instanceof CelTypeError)) {
    return { ok: false, message: errorText(error), offset: 0 };
  }
  const offset = error.range?.start ?? 0;
  return {
    ok: false,
    message: withCaret(reword(withoutPrefix(error.summary), text, offset), text, offset),
    offset,
  };
}

/** The expression's own line, with a caret below the place. */
function withCaret(message: string, text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  const line = text.slice(start, end === -1 ? undefined : end);
  return `${message}\n  ${line}\n  ${' '.repeat(offset - start)}^`;
}
