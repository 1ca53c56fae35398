/** The mutants of small documents, for tests. */
import { expect } from 'vitest';
import type { Mutant } from '../../../../src/replay/mutants/mutant.ts';
import { makeMutants } from '../../../../src/replay/mutants/try-mutants.ts';
import { formatPath } from '../../../../src/rules/document/problem.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';
import type { RulesDocument } from '../../../../src/rules/document/schema.ts';

/** The document of some sections: without caps where they name none. */
export function documentOf(sections: string): RulesDocument {
  const parsed = parseRules(`version: v\n${sections.includes('caps:') ? '' : 'caps: []\n'}${sections}`);
  if (!parsed.ok) expect.fail(parsed.problems[0]?.message);
  return parsed.document;
}

/** All but the kill switch's, which every document has. */
export function mutantsOf(sections: string): readonly Mutant[] {
  return makeMutants(documentOf(sections)).filter(({ path }) => path[0] !== 'enabled');
}

/** `path: was → is` of each. */
export function changesOf(sections: string): readonly string[] {
  return mutantsOf(sections).map(({ path, was, is }) => `${formatPath(path)}: ${was} → ${is}`);
}
