/**
 * What the YAML parser can't take, told in the words of someone who edits rules. Most such faults lie in one value that
 * lacks its quotes. Then the value can be set aside, so that the rest of the document is judged as well.
 */
import { lineAround, writtenValue, type WrittenValue } from './written-value.ts';

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly offset: number;
}

export interface Diagnosis {
  readonly offset: number;
  readonly message: string;
  /** What may stand there instead, as long as what it replaces; undefined: the rest can't be judged. */
  readonly instead?: Replacement | undefined;
}

export interface Replacement {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export const MAX_DEPTH = 20;
export const TOO_DEEP = `nested more than ${String(MAX_DEPTH)} levels deep`;
const MAX_SHOWN = 60;

/** What an unquoted text may not begin with, and what YAML takes it for. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  '!': 'a tag',
  '&': 'an anchor',
  '*': 'an alias',
  '%': 'a directive',
  '@': 'nothing at all',
  '`': 'nothing at all',
  '{': 'a section of keys',
  '[': 'a list',
  '>': 'a text block',
  '|': 'a text block',
  '?': 'a key',
  '-': 'an entry of a list',
  ',': 'the end of a value',
  ']': 'the end of a list',
  '}': 'the end of a section',
};

export function diagnose(text: string, fault: Fault): Diagnosis {
  const { code, offset, message } = fault;
  if (code === 'RESOURCE_EXHAUSTION') return { offset, message: TOO_DEEP };
  if (code === 'MULTIPLE_DOCS') {
    const said = 'a second document begins here ("---" or "..."); a file holds one';
    return { offset, message: said, instead: blanks(text, offset, text.length) };
  }
  if (code === 'TAB_AS_INDENT') return tabs(text, offset);
  if (/^Flow (map|sequence)/.test(message)) return unclosedBracket(text, offset);
  if (/^Missing closing ["']quote/.test(message)) return unclosedQuote(text, message.charAt(16));
  if (code === 'BAD_DQ_ESCAPE') return badEscape(text, offset);
  const value = writtenValue(text, offset);
  const mistaken = value && diagnoseValue(text, value);
  return mistaken ?? diagnoseLine(text, fault);
}

function tabs(text: string, offset: number): Diagnosis {
  const others = (text.match(/^ *\t\s*\S/gm)?.length ?? 1) - 1;
  const more = others > 0 ? `, nor in ${String(others)} other ${others === 1 ? 'line' : 'lines'}` : '';
  return { offset, message: `indent by spaces: YAML takes no tabs here${more}` };
}

/** A value that needs quotes, or undefined where it does not look like one. */
export function diagnoseValue(text: string, value: WrittenValue): Diagnosis | undefined {
  const { from, to } = value;
  const written = text.slice(from, to);
  if (/^-[{[]/.test(written)) {
    return { offset: from, message: 'a space belongs after the "-"', instead: entryPlaceholder(from, to) };
  }
  const next = /^(?:"[^"]*"|'[^']*')\s+(["']?)[\w$]+\1\s*:/d.exec(written)?.indices?.[1]?.[0];
  if (next !== undefined) {
    return {
      offset: from + next,
      message: 'a comma is missing in front of this',
      instead: placeholder(from, to),
    };
  }
  const said = whyQuotes(written, value.key === 'when' ? 'condition' : 'text');
  if (said === undefined) return undefined;
  return { offset: from, message: `${said}: ${inQuotes(written)}`, instead: placeholder(from, to) };
}

function whyQuotes(written: string, noun: string): string | undefined {
  const first = written.charAt(0);
  if (first === '"' || first === "'") {
    return `this ${noun} goes on after its closing ${first}, so put all of it in quotes`;
  }
  const takenFor = /^[?-]\S/.test(written) ? undefined : BEGINNINGS[first];
  if (takenFor !== undefined) {
    const example = takenFor === 'nothing at all' ? 'YAML forbids' : `is ${takenFor} to YAML`;
    return `"${first}" at the beginning ${example}, so put the ${noun} in quotes`;
  }
  if (/:(\s|$)/.test(written)) return `": " is the end of a key to YAML, so put the ${noun} in quotes`;
  return undefined;
}

/** The text as it may be written. */
function inQuotes(written: string): string {
  const meant = withoutOwnQuotes(written);
  const isPlain = !meant.includes("'") || /["\\]/.test(meant);
  const shown = meant.length > MAX_SHOWN ? `${meant.slice(0, MAX_SHOWN)}...` : meant;
  return isPlain ? `'${shown.replaceAll("'", "''")}'` : `"${shown}"`;
}

/** Of `'It's here'` and `"a == "b""` what is meant; `"a" or "b"` begins with a quote of its own. */
function withoutOwnQuotes(written: string): string {
  const quote = written.charAt(0);
  if ((quote !== '"' && quote !== "'") || !written.endsWith(quote)) return written;
  const closes = /^(?:\s|$)/.test(written.slice(written.indexOf(quote, 1) + 1));
  return closes ? written : written.slice(1, -1);
}

export function placeholder(from: number, to: number): Replacement {
  const length = to - from;
  return { from, to, text: length < 2 ? 'x'.repeat(length) : `"${'x'.repeat(length - 2)}"` };
}

function entryPlaceholder(from: number, to: number): Replacement {
  return { from, to, text: `- ${placeholder(from + 2, to).text}` };
}

function blanks(text: string, from: number, to: number): Replacement {
  return { from, to, text: text.slice(from, to).replace(/[^\n]/g, ' ') };
}

/** The last bracket before the fault that none has closed. */
function unclosedBracket(text: string, offset: number): Diagnosis {
  let open = 0;
  for (let at = offset - 1; at >= 0; at -= 1) {
    const letter = text.charAt(at);
    if (letter === '}' || letter === ']') open += 1;
    if (letter !== '{' && letter !== '[') continue;
    open -= 1;
    if (open >= 0) continue;
    return { offset: at, message: `this "${letter}" is never closed by a "${letter === '{' ? '}' : ']'}"` };
  }
  return { offset, message: 'a bracket before this place is never closed' };
}

/** Behind the quote that opens it there is no other, or it would have closed there. */
function unclosedQuote(text: string, quote: string): Diagnosis {
  const last = Math.max(text.lastIndexOf(quote), 0);
  const value = writtenValue(text, last);
  const from = value !== undefined && text[value.from] === quote ? value.from : last;
  const { to } = lineAround(text, from);
  const message =
    quote === "'"
      ? `"'" at the beginning opens a text that nothing closes, so put the text in double quotes`
      : 'this text has no closing quote';
  return { offset: from, message, instead: value?.from === from ? placeholder(from, to) : undefined };
}

function badEscape(text: string, offset: number): Diagnosis {
  const written = text.slice(offset, offset + 2);
  const message = `"${written}" means nothing in double quotes: put the text in single quotes, or write "\\${written}"`;
  const value = writtenValue(text, offset);
  return { offset, message, instead: value && placeholder(value.from, value.to) };
}

/** A line that is no `key: value`. */
function diagnoseLine(text: string, { code, message, offset }: Fault): Diagnosis {
  const { from, to } = lineAround(text, offset);
  const line = text.slice(from, to);
  if (code === 'BLOCK_AS_IMPLICIT_KEY') {
    const next = /\S/.exec(text.slice(to))?.index ?? 0;
    const said = 'this line is indented deeper than the one above, which has its value already';
    return { offset: to + next, message: said };
  }
  const start = from + line.length - line.trimStart().length;
  const colon = /^\s*(?:- +)*[\w$]+(:)\S/d.exec(line)?.indices?.[1]?.[1];
  if (colon !== undefined) {
    const at = from + colon;
    const value = text.slice(at, to);
    return {
      offset: at,
      message: 'a space belongs after the ":" of a key',
      instead: { from: at, to, text: ` ${value.slice(1)}` },
    };
  }
  const equals = /^\s*(?:- +)*[\w$]+ *(=)/d.exec(line)?.indices?.[1]?.[0];
  if (equals !== undefined) {
    const at = from + equals;
    const instead = line[equals + 1] === ' ' ? { from: at, to: at + 1, text: ':' } : undefined;
    return { offset: at, message: 'between a key and its value stands ":", not "="', instead };
  }
  if (line.trimStart().startsWith('//')) {
    return { offset: start, message: 'a comment begins with "#"', instead: blanks(text, from, to) };
  }
  if (code === 'MISSING_CHAR' && message.includes('map values')) {
    return { offset: start, message: 'expected "key: value" in this line', instead: blanks(text, from, to) };
  }
  const isIndent = code === 'BAD_INDENT' || /same column|without - indicator/.test(message);
  if (isIndent) return { offset, message: 'this is indented differently from the lines that it belongs to' };
  return { offset, message };
}
