/** What an unknown key might have been: a neighbour mistyped, a key of another section, or a piece of a text. */
import { formatPath, type Path } from './problem.ts';
import { rulesJsonSchema } from './json-schema.ts';
import { suggest } from '../language/suggest.ts';

/** The part of JSON schema that our own generated one is made of. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
}

let root: SchemaNode | undefined;

/**
 * @param path the section that holds the key.
 * @param value what stands behind the key.
 */
export function explainUnknownKey(key: string, path: Path, value: unknown): string {
  root ??= rulesJsonSchema();
  if (key === 'by' && path[0] === 'rules') return 'only a rule with "then: boost" has "by"';
  const nearest = nearestKey(key, path);
  if (nearest !== undefined) return `unknown key "${key}", did you mean "${nearest}"?`;
  const elsewhere = findElsewhere(root, key, []);
  if (elsewhere !== undefined) return `unknown key "${key}" here, it belongs to ${elsewhere}`;
  const here = keysAt(root, path);
  const hint = value === null ? '; a text or number with a comma stands in quotes, or without its comma' : '';
  return `unknown key "${key}"; there are ${here.join(', ')}${hint}`;
}

/** The key of the section at `path` that is nearest to a mistyped one; undefined where none is near. */
export function nearestKey(key: string, path: Path): string | undefined {
  root ??= rulesJsonSchema();
  return suggest(key, keysAt(root, path));
}

function keysAt(from: SchemaNode, path: Path): readonly string[] {
  let nodes: readonly SchemaNode[] = [from];
  for (const step of path) {
    nodes = nodes.flatMap((node) => alternatives(node)).flatMap((node) => child(node, step) ?? []);
  }
  const keys = nodes.flatMap(alternatives).flatMap((node) => Object.keys(node.properties ?? {}));
  return [...new Set(keys)].filter((key) => key !== '$schema');
}

function alternatives(node: SchemaNode): readonly SchemaNode[] {
  return node.oneOf ?? [node];
}

function child(node: SchemaNode, step: string | number): SchemaNode | undefined {
  if (typeof step === 'number') return node.items;
  const named = Object.hasOwn(node.properties ?? {}, step) ? node.properties?.[step] : undefined;
  return named ?? (typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined);
}

function findElsewhere(node: SchemaNode, key: string, path: Path): string | undefined {
  for (const [name, inner] of Object.entries(node.properties ?? {})) {
    if (path.length > 0 && name === key) return formatPath(path);
    const found = findElsewhere(inner, key, [...path, name]);
    if (found !== undefined) return found;
  }
  return undefined;
}
