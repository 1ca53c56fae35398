/** What CEL's parser and checker say, in the words of someone who writes a condition once a month. */
import { VARIABLES } from '../../domain/rule-variables.ts';
import { suggest } from './suggest.ts';

const WORDS: Readonly<Record<string, string>> = { and: '&&', or: '||', not: '!' };
/** The library's own names of what a condition is made of. */
const TOKENS: Readonly<Record<string, string>> = {
  RPAREN: '")"',
  LPAREN: '"("',
  RBRACKET: '"]"',
  RBRACE: '"}"',
  COLON: '":"',
  IDENTIFIER: 'a name',
};
const LIMITS: Readonly<Record<string, string>> = {
  maxDepth: 'levels deep',
  maxAstNodes: 'parts',
  maxListElements: 'values in one list',
  maxMapEntries: 'values in one map',
  maxCallArguments: 'values in one call',
};

/**
 * @param summary the library's own words.
 * @param text the condition.
 * @param offset where in it, in UTF-16 units.
 */
export function reword(summary: string, text: string, offset: number): string {
  return (
    rewordName(summary) ??
    rewordLimit(summary) ??
    rewordWord(text, offset) ??
    rewordCharacter(summary, text, offset) ??
    rewordToken(summary) ??
    summary
  );
}

function rewordName(summary: string): string | undefined {
  const field = /^No such key: (\w+)$/.exec(summary)?.[1];
  if (field !== undefined) {
    const all = Object.values(VARIABLES).flatMap((fields) => Object.keys(fields));
    return `there is no field "${field}"${didYouMean(suggest(field, all))}`;
  }
  const variable = /^Unknown variable: (\w+)$/.exec(summary)?.[1];
  if (variable !== undefined) {
    const nearest = suggest(variable, Object.keys(VARIABLES));
    return `there is no "${variable}"${didYouMean(nearest)}; there are event, coupon and merchant, and text stands in quotes`;
  }
  const overload = /^no such overload: (.+)$/.exec(summary)?.[1];
  if (overload !== undefined) return `this can't be worked out (text and numbers don't mix): ${overload}`;
  return undefined;
}

function didYouMean(name: string | undefined): string {
  return name === undefined ? '' : `, did you mean "${name}"?`;
}

function rewordLimit(summary: string): string | undefined {
  const [, limit = '', most = ''] = /^Exceeded (\w+) \((\d+)\)$/.exec(summary) ?? [];
  const of = LIMITS[limit];
  if (of === undefined) return undefined;
  return `more than ${most} ${of}: make it shorter, or two rules of it`;
}

/** `a and b`, `not a`, `a or b`, of which the second half is what the parser does not expect. */
function rewordWord(text: string, offset: number): string | undefined {
  const at = /^(and|or|not)\b/i.exec(text.slice(offset))?.[1];
  const before = /\b(and|or|not)\s+$/i.exec(text.slice(0, offset))?.[1];
  const word = at ?? before;
  if (word === undefined) return undefined;
  return `"${word}" is written ${WORDS[word.toLowerCase()] ?? ''}`;
}

function rewordCharacter(summary: string, text: string, offset: number): string | undefined {
  if (!summary.startsWith('Unexpected character')) return undefined;
  const letter = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  if (letter === '=') return 'one "=" compares nothing: write ==';
  if (letter === '&' || letter === '|') return `one "${letter}" is not enough: write ${letter.repeat(2)}`;
  if (/[“”„‟‘’‚«»]/.test(letter)) return `${letter} is no quote here: write "`;
  if (/[\p{Z}\p{C}]/u.test(letter)) {
    const code = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return `an invisible character (U+${code}) stands here: delete it, or put a space there`;
  }
  return `"${letter}" is not expected here`;
}

function rewordToken(summary: string): string | undefined {
  if (summary === 'Unterminated string') return 'this text has no closing quote';
  if (summary === 'Unexpected token: EOF') return 'the condition ends too early';
  const [, expected = '', got = ''] = /^Expected (\w+), got (\w+)$/.exec(summary) ?? [];
  const wanted = TOKENS[expected];
  if (wanted === undefined) return undefined;
  return got === 'EOF' ? `${wanted} is missing` : `expected ${wanted} here`;
}
