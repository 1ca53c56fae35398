/** Which changes of a rule document no example notices. */
import { compileRules } from '../../rules/document/compile-rules.ts';
import { rulesSchema, type RulesDocument } from '../../rules/document/schema.ts';
import type { Example } from '../examples/read-examples.ts';
import { runExample } from '../examples/run-example.ts';
import { changeLimits } from './change-limits.ts';
import { changePush, changeRules } from './change-rules.ts';
import { changeSettings } from './change-settings.ts';
import { meaningOf } from './meaning.ts';
import { replaceAt, type Mutant } from './mutant.ts';

export interface Mutation {
  readonly mutants: number;
  /** In the order of the document's sections. */
  readonly unnoticed: readonly Mutant[];
}

/** @returns the documents that differ from this one in one place, are valid, and mean something else; none twice. */
export function makeMutants(document: RulesDocument): readonly Mutant[] {
  const meanings = new Set([meaningOf(document)]);
  const changes = [
    ...changeSettings(document),
    ...changeLimits(document),
    ...changeRules(document),
    ...changePush(document),
  ];
  return changes.flatMap(({ value, ...about }) => {
    const parsed = rulesSchema.safeParse(replaceAt(document, about.path, value));
    if (!parsed.success) return [];
    const { quietHours } = parsed.data;
    if (quietHours !== undefined && quietHours.from === quietHours.to) return [];
    const meaning = meaningOf(parsed.data);
    if (meanings.has(meaning)) return [];
    meanings.add(meaning);
    return [{ ...about, document: parsed.data }];
  });
}

/** @param examples which all hold for the document as it is. */
export async function tryMutants(document: RulesDocument, examples: readonly Example[]): Promise<Mutation> {
  const mutants = makeMutants(document);
  const unnoticed: Mutant[] = [];
  for (const mutant of mutants) {
    if (!(await isNoticed(mutant, examples))) unnoticed.push(mutant);
  }
  return { mutants: mutants.length, unnoticed };
}

async function isNoticed({ document }: Mutant, examples: readonly Example[]): Promise<boolean> {
  const rules = compileRules(document, '');
  for (const example of examples) {
    const { differences } = await runExample(example, rules);
    if (differences.length > 0) return true;
  }
  return false;
}
