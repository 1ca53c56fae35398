/**
 * A value as it stands in a line of YAML, found without the parser: where the parser has given up, this still tells
 * what its author meant as one value. A heuristic: it decides how an error is told, never what is accepted.
 */

export interface WrittenValue {
  /** Offsets in the document, in UTF-16 units. */
  readonly from: number;
  readonly to: number;
  /** The key in front of it in the same line. */
  readonly key: string | undefined;
}

const IN_FRONT = /^\s*(?:- +)*(?:([\w$.+-]+|"[^"]*"|'[^']*') *:(?: +|$))?/;
const CLOSES: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

/** The line that holds the offset, without its line break. */
export function lineAround(text: string, offset: number): { readonly from: number; readonly to: number } {
  const from = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  const to = end === -1 ? text.length : end;
  return { from, to: text[to - 1] === '\r' && to > from ? to - 1 : to };
}

/** The value whose line holds the offset; inside `{ }` and `[ ]` the one entry that holds it, or ends before it. */
export function writtenValue(text: string, offset: number): WrittenValue | undefined {
  const line = lineAround(text, offset);
  const inLine = text.slice(line.from, line.to);
  const match = IN_FRONT.exec(inLine);
  const from = line.from + (match?.[0].length ?? 0);
  const to = line.from + inLine.trimEnd().length;
  if (from >= to) return undefined;
  const value = { from, to, key: match?.[1] };
  const end = endOfBrackets(text, value);
  if (end === undefined || offset >= end) return withoutComma(text, value);
  return entryAround(text, from, end, offset);
}

function withoutComma(text: string, value: WrittenValue): WrittenValue {
  return text[value.to - 1] === ',' && value.to - value.from > 1 ? { ...value, to: value.to - 1 } : value;
}

/** Where the section or list ends that a value begins with; undefined where it begins with none. */
function endOfBrackets(text: string, { from, to }: WrittenValue): number | undefined {
  if (CLOSES[text[from] ?? ''] === undefined || text.startsWith('{{', from)) return undefined;
  let depth = 0;
  for (let at = from; at < to; at = skipQuoted(text, at, to)) {
    if ('{['.includes(text[at] ?? '')) depth += 1;
    if ('}]'.includes(text[at] ?? '')) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return to;
}

/** The place after a quoted text that begins here, or after this one character. */
function skipQuoted(text: string, at: number, to: number): number {
  const quote = text[at] ?? '';
  const mayOpen = /[\s,:{[]/.test(text[at - 1] ?? ' ');
  if (!mayOpen || (quote !== '"' && quote !== "'")) return at + 1;
  const close = text.indexOf(quote, at + 1);
  return close === -1 || close >= to ? at + 1 : close + 1;
}

function entryAround(text: string, from: number, to: number, offset: number): WrittenValue | undefined {
  let found: WrittenValue | undefined;
  let start = from + 1;
  let braces = 0;
  for (let at = start; at < to; at = skipQuoted(text, at, to)) {
    // The braces of a {{variable}} are part of a text.
    if (text.startsWith('{{', at)) braces += 2;
    const letter = text[at] ?? '';
    if (letter === '}' && braces > 0) {
      braces -= 1;
      continue;
    }
    if (braces > 0 || !'{[,]}'.includes(letter)) continue;
    const entry = trimmed(text, start, at);
    if (entry !== undefined && entry.from <= offset) found = entry;
    start = at + 1;
  }
  return found;
}

function trimmed(text: string, from: number, to: number): WrittenValue | undefined {
  const raw = text.slice(from, to);
  const [front = '', key] = /^\s*(?:([\w$.+-]+|"[^"]*"|'[^']*') *: +)?/.exec(raw) ?? [];
  const value = { from: from + front.length, to: from + raw.trimEnd().length, key };
  return value.from < value.to ? value : undefined;
}
