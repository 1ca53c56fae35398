/**
 * CEL's published conformance tests (the simple test data of cel-spec, by way of @bufbuild/cel-spec), as conditions of
 * ours. A case that has variables or messages of its own can't be one. A result that is not true or false is compared
 * with what is expected.
 */
import { tests } from '@bufbuild/cel-spec/testdata/conformance.js';
import { compileExpression } from '../../../src/rules/language/expression.ts';
import type { Variables } from '../../../src/rules/language/variables.ts';

interface CelCase {
  /** Such as `basic/self_eval_zeroish/self_eval_int_zero`. */
  readonly name: string;
  readonly expr: string;
  /** The condition that holds where CEL is followed; undefined where evaluation has to fail. */
  readonly holds: string | undefined;
}

/** `refused`: when loaded, as the document leaves this part of CEL out. */
export type CelOutcome = 'follows' | 'refused' | 'differs';

interface Original {
  readonly name?: string;
  readonly expr: string;
  readonly value?: Readonly<Record<string, unknown>>;
  readonly evalError?: unknown;
  readonly bindings?: unknown;
  readonly typeEnv?: unknown;
  readonly container?: string;
}

interface Suite {
  readonly name: string;
  readonly suites?: readonly Suite[];
  readonly tests?: readonly { readonly original: Original }[];
}

/** All that can be asked of a condition. */
export function celCases(): readonly CelCase[] {
  return casesOf(tests as unknown as Suite, '').filter((one) => one !== undefined);
}

function casesOf(suite: Suite, inside: string): readonly (CelCase | undefined)[] {
  const own = (suite.tests ?? []).map(({ original }) => caseOf(original, inside));
  const below = (suite.suites ?? []).flatMap((inner) =>
    casesOf(inner, inside === '' ? inner.name : `${inside}/${inner.name}`),
  );
  return [...own, ...below];
}

function caseOf(original: Original, inside: string): CelCase | undefined {
  const { name = '', expr, bindings, typeEnv, container, evalError } = original;
  if (bindings !== undefined || typeEnv !== undefined || container !== undefined) return undefined;
  const named = { name: `${inside}/${name}`, expr };
  if (evalError !== undefined) return { ...named, holds: undefined };
  // Without a value the expected result is true.
  const literal = original.value === undefined ? 'true' : literalOf(original.value);
  if (literal === undefined) return undefined;
  if (literal === 'true') return { ...named, holds: expr };
  return { ...named, holds: literal === 'false' ? `!(${expr})` : `(${expr}) == ${literal}` };
}

/** A value of the test data as CEL writes it; undefined where no condition can have one (null, a message, a type). */
function literalOf(value: Readonly<Record<string, unknown>>): string | undefined {
  const [kind = '', of] = Object.entries(value)[0] ?? [];
  if (kind === 'boolValue' || kind === 'int64Value') return String(of);
  if (kind === 'uint64Value') return `${String(of)}u`;
  if (kind === 'doubleValue') return typeof of === 'number' ? of.toExponential() : undefined;
  if (kind === 'stringValue') return JSON.stringify(of);
  if (kind !== 'listValue') return undefined;
  const { values = [] } = of as { readonly values?: readonly Readonly<Record<string, unknown>>[] };
  const items = values.map(literalOf);
  return items.includes(undefined) ? undefined : `[${items.join(', ')}]`;
}

export function askCel({ expr, holds }: CelCase): CelOutcome {
  if (holds === undefined) return fails(expr);
  const compiled = compileExpression(holds);
  if (!compiled.ok) return 'refused';
  try {
    return compiled.condition(NOBODY) ? 'follows' : 'differs';
  } catch {
    return 'differs';
  }
}

function fails(expr: string): CelOutcome {
  // What is no condition is made one; it fails wherever what it asks for fails.
  const compiled = [expr, `[${expr}].size() == 1`]
    .map((text) => compileExpression(text))
    .find(({ ok }) => ok);
  if (compiled?.ok !== true) return 'refused';
  try {
    compiled.condition(NOBODY);
    return 'differs';
  } catch {
    return 'follows';
  }
}

/** Nothing is asked of them. */
const NOBODY = { event: {}, coupon: {}, merchant: {} } as unknown as Variables;
