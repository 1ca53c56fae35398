/** What changes between two rule documents, by name: `coupon.minDiscountPercent: 10 → 15`. Rules go by their id. */
import type { RulesDocument } from '../../rules/document/schema.ts';

/** @returns one line for each difference, in the order of the documents; none where they mean the same. */
export function describeDifferences(before: RulesDocument, after: RulesDocument): readonly string[] {
  const old = flatten(before);
  const now = flatten(after);
  const lines: string[] = [];
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(path), now.get(path)];
    if (was === is) continue;
    if (was === undefined) lines.push(`${path}: ${is ?? ''} (new)`);
    else if (is === undefined) lines.push(`${path}: ${was} (gone)`);
    else lines.push(`${path}: ${was} → ${is}`);
  }
  return lines;
}

function flatten(document: RulesDocument): ReadonlyMap<string, string> {
  const { $schema: _, rules = [], ...rest } = document;
  const values = new Map<string, string>();
  collect(rest, '', values);
  for (const { id, ...rule } of rules) collect(rule, `rules.${id}`, values);
  if (rules.length > 1) values.set('rules, their order', rules.map(({ id }) => id).join(', '));
  return values;
}

function collect(value: unknown, path: string, values: Map<string, string>): void {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    values.set(path, typeof value === 'string' ? value : JSON.stringify(value));
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    collect(inner, path === '' ? key : `${path}.${key}`, values);
  }
}
