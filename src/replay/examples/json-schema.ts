/** The JSON schema of a file of examples, for editors' completion: generated from the shape that a run checks. */
import { z } from 'zod';
import { fileSchema } from './schema.ts';

interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly description?: string;
}

const COLUMN: SchemaNode & { readonly pattern: string } = { type: 'string', pattern: '^<[A-Za-z]\\w*>$' };

/** `rules/rules-test.schema.json` is this, written out. */
export function rulesTestJsonSchema(): Record<string, unknown> {
  const whole = z.toJSONSchema(fileSchema, { io: 'input' });
  const { examples, ...rest } = whole.properties as Readonly<Record<string, SchemaNode>>;
  return {
    ...whole,
    title: 'Examples of coupon push rules',
    properties: { ...rest, examples: { ...examples, items: withColumns(examples?.items ?? {}) } },
  };
}

/** An example with a table may have `<column>` wherever a value stands. */
function withColumns(node: SchemaNode): SchemaNode {
  const { properties, items, anyOf } = node;
  if (properties !== undefined) {
    const inner = Object.entries(properties).map(
      ([key, value]) => [key, key === 'each' ? value : withColumns(value)] as const,
    );
    return { ...node, properties: Object.fromEntries(inner) };
  }
  if (items !== undefined) return { ...node, items: withColumns(items) };
  if (anyOf !== undefined) {
    const takesText = anyOf.some(isAnyText);
    const inner = anyOf.map((one) => (isScalar(one) ? one : withColumns(one)));
    return { ...node, anyOf: takesText ? inner : [...inner, COLUMN] };
  }
  if (isAnyText(node)) return node;
  const { description, ...value } = node;
  return { ...(description !== undefined && { description }), anyOf: [value, COLUMN] };
}

function isScalar({ properties, items, anyOf }: SchemaNode): boolean {
  return properties === undefined && items === undefined && anyOf === undefined;
}

function isAnyText(node: SchemaNode): boolean {
  return [node.type].flat().includes('string') && node.enum === undefined;
}
