/** The guide for those who write rules names every key, field and value that there is, and its examples are valid. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { rulesJsonSchema } from '../../../src/rules/document/json-schema.ts';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';
import { TEMPLATE_VARIABLES } from '../../../src/rules/language/template.ts';
import { VARIABLES } from '../../../src/rules/language/variables.ts';

const guide = await readFile('rules/README.md', 'utf8');

/** Every name under `properties`, however deep. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, value]: [string, unknown]) => [
    ...(name === 'properties' && typeof value === 'object' && value !== null ? Object.keys(value) : []),
    ...keysOf(value),
  ]);
}

it('names every key of the document', () => {
  const keys = new Set(keysOf(rulesJsonSchema()).filter((key) => key !== '$schema'));
  expect([...keys]).toEqual(expect.arrayContaining(['caps', 'window', 'unknownTimeZone', 'ttl']));
  expect([...keys].filter((key) => !new RegExp(`[\`.]${key}[\`.[]`).test(guide))).toEqual([]);
});

it('names every field of a condition, and every value of a text', () => {
  for (const [of, fields] of Object.entries(VARIABLES)) {
    const row = new RegExp(`^\\| \`${of}\\.\` .*$`, 'm').exec(guide)?.[0] ?? '';
    expect([...row.matchAll(/`(\w+)`/g)].map(([, name]) => name).toSorted(), of).toEqual(
      Object.keys(fields).toSorted(),
    );
  }
  const values = [...guide.matchAll(/`\{\{([\w.]+)\}\}`/g)].map(([, name]) => name);
  expect(values.toSorted()).toEqual(TEMPLATE_VARIABLES.toSorted());
});

it('shows rules that are valid', () => {
  const examples = [...guide.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text = '']) => text);
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) {
    const missing = ['version: "1"', 'caps: []'].filter(
      (line) => !example.includes(line.split(' ')[0] ?? ''),
    );
    expect(parseRules([...missing, example].join('\n'))).toMatchObject({ ok: true });
  }
});
