/**
 * An example with a table of cases, made one example a row: `<column>` stands for the row's value, of whatever type
 * where it stands alone. A row without the column leaves the field out.
 */
import type { Path } from '../../rules/document/problem.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface FilledRow {
  readonly value: Readonly<Record<string, unknown>>;
  /** The column that the value at a path (as JSON) came from. */
  readonly columns: ReadonlyMap<string, string>;
}

const PLACEHOLDER = /<([a-z]\w*)>/gi;

/** The columns that an example asks for, each with the path of a place that does. */
export function columnsAsked(value: unknown, path: Path = []): ReadonlyMap<string, Path> {
  if (typeof value === 'string') {
    return new Map([...value.matchAll(PLACEHOLDER)].map(([, name = '']) => [name, path]));
  }
  if (typeof value !== 'object' || value === null) return new Map();
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
  return new Map(
    [...entries].flatMap(([key, inner]: [string | number, unknown]) => [
      ...columnsAsked(inner, [...path, key]),
    ]),
  );
}

export function fillRow(example: Readonly<Record<string, unknown>>, row: Row): FilledRow {
  const columns = new Map<string, string>();

  function fill(value: unknown, path: Path): unknown {
    if (typeof value === 'string') {
      const alone = /^<([a-z]\w*)>$/i.exec(value)?.[1];
      if (alone === undefined) return value.replace(PLACEHOLDER, (_, name: string) => show(row[name]));
      columns.set(JSON.stringify(path), alone);
      return row[alone];
    }
    if (Array.isArray(value)) return value.map((item: unknown, index) => fill(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    const filled = Object.entries(value).map(([key, inner]) => [key, fill(inner, [...path, key])] as const);
    return Object.fromEntries(filled.filter(([, inner]) => inner !== undefined));
  }

  const value = fill(example, []) as Readonly<Record<string, unknown>>;
  return { value: { ...value, name: nameOf(value['name'], example['name'], row) }, columns };
}

/** Cases whose name says nothing of their row are told apart by it. */
function nameOf(filled: unknown, written: unknown, row: Row): unknown {
  if (typeof filled !== 'string' || filled !== written) return filled;
  return `${filled} (${Object.entries(row)
    .map(([column, value]) => `${column} ${show(value)}`)
    .join(', ')})`;
}

function show(value: unknown): string {
  if (value === undefined || value === null) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
