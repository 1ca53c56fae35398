/** A rules file on disk, read and checked: its problems go out as `file:line:column path: message`. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Ruleset } from '../../pipeline/ports.ts';
import type { LoadText } from '../../replay/examples/read-examples.ts';
import { parseRules } from '../../rules/document/parse-rules.ts';
import type { DocumentProblem } from '../../domain/document-problem.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import type { CommandContext } from './ports.ts';
import { errorText } from '../../runtime/error-text.ts';

export interface RulesFile {
  readonly text: string;
  readonly rules: Ruleset;
  readonly document: RulesDocument;
}

/** @returns undefined where the file can't be used, after saying why. */
export async function readRulesFile(file: string, context: CommandContext): Promise<RulesFile | undefined> {
  const text = await readText(file, context);
  if (text === undefined) return undefined;
  const parsed = parseRules(text);
  if (parsed.ok) return { text, rules: parsed.rules, document: parsed.document };
  sayProblems(file, parsed.problems, context);
  return undefined;
}

/** Each problem with its place, then how many there are. */
export function sayProblems(
  file: string,
  problems: readonly DocumentProblem[],
  { say, complain }: CommandContext,
): void {
  for (const problem of problems) say(formatProblem(file, problem));
  complain(`${file}: ${String(problems.length)} ${problems.length === 1 ? 'problem' : 'problems'}`);
}

/** @returns what reads a text that a file names, relative to that file. */
export function loaderBeside(file: string): LoadText {
  return (name) => {
    try {
      return { text: readFileSync(join(dirname(file), name), 'utf8') };
    } catch (error) {
      return { error: explainReadError(error) };
    }
  };
}

/** @returns undefined where the file can't be read, after saying why. */
export async function readText(
  file: string,
  { complain }: Pick<CommandContext, 'complain'>,
): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (error) {
    complain(`${file}: ${explainReadError(error)}`);
    return undefined;
  }
}

/** `rules.yaml:12:9 rules[0].when: …`; the message's further lines are indented. */
export function formatProblem(file: string, { line, column, path, message }: DocumentProblem): string {
  const where = `${file}:${String(line)}:${String(column)}`;
  return `${path === '' ? where : `${where} ${path}`}: ${message.replaceAll('\n', '\n    ')}`;
}

/** Of a file that can't be read or written. */
export function explainReadError(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'is a directory, expected a file';
  if (code === 'EACCES') return 'may not be read';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8 text';
  return errorText(error);
}
