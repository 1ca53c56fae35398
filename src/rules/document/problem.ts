/**
 * What is wrong with a document, for the person who edits it: line and column (from 1), the key, and what was expected.
 * Every fault of a document is reported at once, in the order in which a reader meets it.
 */
export interface Problem {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** Such as `rules[0].when`; empty for the document as a whole. */
  readonly path: string;
  /** One sentence; that of an expression goes on with the expression's line and a caret below it. */
  readonly message: string;
}

export type Path = readonly (string | number)[];

export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${String(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

export function inReadingOrder(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** A value as it appears in a message: short, on one line, never a whole section. */
export function show(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a section of keys';
  // A text in its quotes; a number that JSON has no word for (.inf, .nan) as it is.
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
