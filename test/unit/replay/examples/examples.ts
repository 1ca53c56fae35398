/** Files of examples for tests: small, and changed one thing at a time. */
import { expect } from 'vitest';
import { readExamples, type Example, type LoadText } from '../../../../src/replay/examples/read-examples.ts';

const nothing: LoadText = (file) => ({ error: `there is no ${file}` });

/** One example that holds for the smallest document, and below it, in it, what the test is about. */
export function exampleFile(lines = '', defaults = ''): string {
  return `defaults:\n  at: 2026-11-24T12:00:00Z\n${indented(defaults, 2)}examples:\n  - name: one\n    expect: { outcome: queued }\n${indented(lines, 4)}`;
}

function indented(text: string, by: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(by)).replace(/(?<=.)$/, '\n');
}

export function examplesOf(text: string, loadText = nothing): readonly Example[] {
  const read = readExamples(text, loadText);
  if (!read.ok)
    expect.fail(read.problems.map(({ line, message }) => `${String(line)}: ${message}`).join('\n'));
  return read.examples;
}

/** `line:column path: message` of everything that is wrong with a file. */
export function problemsOf(text: string, loadText = nothing): readonly string[] {
  const read = readExamples(text, loadText);
  if (read.ok) return [];
  return read.problems.map(
    ({ line, column, path, message }) => `${String(line)}:${String(column)} ${path}: ${message}`,
  );
}
