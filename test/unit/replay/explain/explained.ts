/** Explanations for tests: of an example, by a small document. */
import { expect } from 'vitest';
import { explainGiven, type Given } from '../../../../src/replay/explain/explain-given.ts';
import type { Check, Explanation } from '../../../../src/replay/explain/explanation.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';
import { document } from '../../rules/documents.ts';
import { exampleFile, examplesOf } from '../examples/examples.ts';

const CAPS = '[{ per: user, max: 1, window: 24h }]';

/** @param lines of the example. @param sections of the rules. @param caps of the rules. @param changes of the situation. */
export async function explained(
  lines = '',
  sections = '',
  caps = CAPS,
  changes: Partial<Given> = {},
): Promise<Explanation> {
  const parsed = parseRules(document(sections).replace(CAPS, caps));
  if (!parsed.ok) expect.fail(parsed.problems[0]?.message);
  const { given } = examplesOf(exampleFile(lines))[0]!;
  const situation = { ...given, ...changes };
  return (await explainGiven(parsed.document, parsed.rules.hash, situation)).explanation;
}

export function checkOf(checks: readonly Check[], name: string): Check {
  return checks.find((check) => check.name === name) ?? expect.fail(`there is no check ${name}`);
}
