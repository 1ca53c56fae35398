/** Where problems of a document are, and in which order a reader meets them. */
import type { DocumentProblem } from '../../domain/document-problem.ts';

export type Path = readonly (string | number)[];

export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${String(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

export function inReadingOrder(problems: readonly DocumentProblem[]): readonly DocumentProblem[] {
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
