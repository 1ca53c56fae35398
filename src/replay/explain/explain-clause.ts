/** A condition's clauses in words: what each came to, and which of them would have to turn for another answer. */
import { OPPOSITES } from '../../rules/language/condition-tree.ts';
import { LOGICAL, type Clause } from '../../rules/language/clauses.ts';
import type { SaidClause } from './explanation.ts';
import { listText, valueText } from './words.ts';

const COORDINATE = /\.(latitude|longitude)$/;

export interface ClauseOptions {
  /** Coordinates are not known, and nobody may take what stands in their place for one. */
  readonly hidesPlaces: boolean;
}

export function explainClause(clause: Clause, options: ClauseOptions): SaidClause {
  const isLogical = LOGICAL.has(clause.op);
  const isHidden = options.hidesPlaces && readsPlace(clause);
  return {
    text: clause.text,
    value: isHidden && clause.value.kind === 'value' ? 'not known' : valueOf(clause),
    says: isLogical ? failureOf(clause) : sayValues(clause, options),
    clauses: isLogical ? chained(clause).map((part) => explainClause(part, options)) : [],
  };
}

/** `a && b && c` is three clauses, though CEL reads two in two. */
function chained({ op, parts }: Clause): readonly Clause[] {
  if (op !== '&&' && op !== '||') return parts;
  return parts.flatMap((part) => (part.op === op ? chained(part) : [part]));
}

function valueOf({ value }: Clause): SaidClause['value'] {
  if (value.kind === 'not_asked') return 'not asked';
  if (value.kind === 'failed') return 'failed';
  return value.value === true ? 'true' : 'false';
}

function failureOf({ value }: Clause): string {
  return value.kind === 'failed' ? value.error : '';
}

function sayValues(clause: Clause, { hidesPlaces }: ClauseOptions): string {
  const seen = new Map<string, string>();
  const collect = ({ text, value, parts }: Clause): void => {
    if (value.kind === 'value') {
      const isHidden = hidesPlaces && COORDINATE.test(text);
      seen.set(text, isHidden ? `${text} is not recorded` : `${text} is ${valueText(value.value)}`);
    }
    parts.forEach(collect);
  };
  clause.parts.forEach(collect);
  return [failureOf(clause), ...seen.values()].filter((text) => text !== '').join(', ');
}

function readsPlace({ text, parts }: Clause): boolean {
  return COORDINATE.test(text) || parts.some(readsPlace);
}

/** @returns the clauses that would have to turn for the condition to come to `wanted`. */
export function neededFor(clause: Clause, wanted: boolean): string {
  return write(needOf(clause, wanted), false);
}

interface Need {
  /** All of them, or any. */
  readonly join: 'and' | 'or';
  readonly parts: readonly (Need | string)[];
}

function needOf(clause: Clause, wanted: boolean): Need | string {
  const { op, parts } = clause;
  const [first, second, third] = parts;
  if (op === '!_' && first !== undefined) return needOf(first, !wanted);
  if (op === '&&' || op === '||') {
    // Those that have their value already need not turn.
    const turning = parts.filter(({ value }) => value.kind !== 'value' || value.value !== wanted);
    const join = (op === '&&') === wanted ? 'and' : 'or';
    return { join, parts: turning.map((part) => needOf(part, wanted)) };
  }
  if (op === '?:' && first?.value.kind === 'value') {
    const chosen = first.value.value === true ? second : third;
    if (chosen !== undefined) return needOf(chosen, wanted);
  }
  return wanted ? clause.text : opposite(clause);
}

function opposite({ op, text, sides }: Clause): string {
  const sign = OPPOSITES[op];
  if (sides !== undefined && sign !== undefined) return `${sides[0]} ${sign} ${sides[1]}`;
  return /^[\w.]+$/.test(text) ? `!${text}` : `!(${text})`;
}

function write(need: Need | string, isInside: boolean): string {
  if (typeof need === 'string') return need;
  const texts = flat(need).map((part) => write(part, true));
  if (texts.length === 1) return texts[0] ?? '';
  const text = listText(texts, need.join);
  return isInside ? `(${text})` : text;
}

/** What is joined alike stands in one list. */
function flat({ join, parts }: Need): readonly (Need | string)[] {
  return parts.flatMap((part) => (typeof part !== 'string' && part.join === join ? flat(part) : [part]));
}
