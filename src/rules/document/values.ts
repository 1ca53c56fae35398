/**
 * The kinds of values that a rule document is made of, each with its bounds and with one sentence for a value that is
 * none: what was expected, what stands there, and what to do about it. Nothing is converted.
 */
import { z } from 'zod';
import { compileExpression, MAX_EXPRESSION_LENGTH } from '../language/expression.ts';
import { compileTemplate } from '../language/template.ts';
import * as advice from './advice.ts';
import { DURATION_PATTERN, formatDuration, parseDuration } from './duration.ts';
import { show } from './problem.ts';

/** What zod takes for one check: its sentence, and that a value that fails is judged no further. */
interface Check {
  readonly error: (issue: { readonly input?: unknown }) => string;
  readonly abort: true;
}

/** @param expected such as `a number from 0 to 100`. */
export function expecting(expected: string, advise: advice.Advise = advice.adviseOneValue): Check {
  return saying(`expected ${expected}`, (found) => {
    const advised = advise(found);
    return `found ${show(found)}${advised === undefined ? '' : `: ${advised}`}`;
  });
}

function saying(expected: string, describe: (found: never) => string): Check {
  return {
    error: ({ input }) =>
      input === undefined ? `is missing: ${expected}` : `${expected}, ${describe(input as never)}`,
    abort: true,
  };
}

/** Where a section has to be one. */
export const section = expecting('a section of keys', advice.adviseSection);

/** On one line: these texts travel in metrics, headers and logs. */
export function text(expected: string, maxLength: number): z.ZodString {
  const range = `1–${maxLength.toLocaleString('en')} characters`;
  const sentence = expecting(`${expected} (${range}; in quotes)`);
  return z
    .string(sentence)
    .min(1, sentence)
    .max(maxLength, tooLong(expected, maxLength))
    .regex(
      /^[^\p{Cc}]*$/u,
      saying(`expected ${expected} on one line`, (found) => `found a line break or a tab in ${show(found)}`),
    );
}

function tooLong(expected: string, maxLength: number): Check {
  const most = `expected ${expected} of at most ${maxLength.toLocaleString('en')} characters`;
  return saying(most, (found: string) => `found ${found.length.toLocaleString('en')}`);
}

export function shortText(expected: string, maxLength: number): z.ZodString {
  const most = `${expected} of at most ${maxLength.toLocaleString('en')} characters`;
  return z.string(expecting(most)).max(maxLength, tooLong(expected, maxLength));
}

/** @param unit such as ` (metres)`. */
export function number(min: number, max: number, unit = ''): z.ZodNumber {
  const range = `a number from ${String(min)} to ${String(max)}${unit}`;
  const sentence = expecting(range, advice.adviseNumber);
  return z.number(sentence).min(min, sentence).max(max, sentence);
}

export function wholeNumber(min: number, max: number): z.ZodInt {
  const sentence = expecting(`a whole number from ${String(min)} to ${String(max)}`, advice.adviseNumber);
  return z.int(sentence).min(min, sentence).max(max, sentence);
}

export const yesNo = z.boolean(expecting('true or false', advice.adviseYesNo));

export function duration(minMs: number, maxMs: number): z.ZodString {
  const range = `${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
  const sentence = expecting(`a duration such as 90s, 15m, 24h or 7d, from ${range}`, advice.adviseDuration);
  return z
    .string(sentence)
    .regex(DURATION_PATTERN, sentence)
    .refine((value) => {
      const ms = parseDuration(value);
      return ms !== undefined && ms >= minMs && ms <= maxMs;
    }, sentence);
}

const time = expecting('a time of day such as "21:00", from "00:00" to "23:59"', advice.adviseTime);
export const wallTime = z.string(time).regex(/^([01]\d|2[0-3]):[0-5]\d$/, time);

export function oneOf<const Value extends string>(
  values: readonly Value[],
): z.ZodEnum<{ [Name in Value]: Name }> {
  return z.enum(values, expecting(`one of ${values.join(', ')}`, advice.adviseOneOf(values)));
}

export function list<Item extends z.ZodType>(item: Item, expected: string, max: number): z.ZodArray<Item> {
  const most = `${expected}, at most ${max.toLocaleString('en')}`;
  return z.array(item, expecting(most, advice.adviseList)).max(
    max,
    saying(`expected ${most}`, (found: readonly unknown[]) => `found ${String(found.length)}`),
  );
}

/** A push text. */
export const template = text('a text', 1000).superRefine((value, context) => {
  const compiled = compileTemplate(value);
  if (compiled.ok) return;
  context.addIssue({ code: 'custom', message: compiled.message, params: { offset: compiled.offset } });
});

export const bodies = z.union(
  [
    template,
    list(template, 'a list of texts', 20).min(
      1,
      expecting('a list of at least one text', advice.adviseNothing),
    ),
  ],
  expecting('a text, or a list of texts'),
);

const aCondition = expecting('a condition such as coupon.category == "alcohol"');
export const condition = z
  .string(aCondition)
  .min(1, aCondition)
  .max(MAX_EXPRESSION_LENGTH, tooLong('a condition', MAX_EXPRESSION_LENGTH))
  .superRefine((value, context) => {
    const compiled = compileExpression(value);
    if (compiled.ok) return;
    context.addIssue({ code: 'custom', message: compiled.message, params: { offset: compiled.offset } });
  });
