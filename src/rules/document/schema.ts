/**
 * The rule document's shape: what an editor completes, what a load refuses, and one sentence for each thing that
 * can be wrong. Objects are strict, because a mistyped key that is ignored is a limit that nobody enforces.
 * Nothing is converted here: the document stays as it was written, for people to compare; compile-rules.ts makes
 * it executable.
 */
import { z } from 'zod';
import { CAP_SUBJECTS, MAX_CAP_WINDOW_MS } from '../../domain/cap.ts';
import { canonicalLocale, knownTimeZone } from '../../domain/civil.ts';
import { TRIGGERS } from '../../domain/event.ts';
import { namesOf } from '../../runtime/names-of.ts';
import { DAY_MS, DURATION_PATTERN, formatDuration, parseDuration, SECOND_MS } from './duration.ts';
import { compileExpression, MAX_EXPRESSION_LENGTH } from '../language/expression.ts';
import { show } from './problem.ts';
import { SUPPRESS } from '../quiet-hours.ts';
import { compileTemplate } from '../language/template.ts';

interface Sayable {
  readonly error: (issue: { readonly input?: unknown }) => string;
}

function expecting(expected: string): Sayable {
  return {
    error: ({ input }) =>
      input === undefined ? `is missing: expected ${expected}` : `expected ${expected}, found ${show(input)}`,
  };
}

function text(expected: string, maxLength: number): z.ZodString {
  const sentence = expecting(`${expected} (1–${String(maxLength)} characters; in quotes)`);
  // No control characters: these texts travel in metrics, headers and logs.
  return z
    .string(sentence)
    .min(1, sentence)
    .max(maxLength, sentence)
    .regex(/^[^\p{Cc}]*$/u, sentence);
}

function number(min: number, max: number, unit: string): z.ZodNumber {
  const sentence = expecting(`a number from ${String(min)} to ${String(max)}${unit}`);
  return z.number(sentence).min(min, sentence).max(max, sentence);
}

function duration(minMs: number, maxMs: number): z.ZodString {
  const range = `${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
  const sentence = expecting(`a duration such as 90s, 15m, 24h or 7d, from ${range}`);
  return z
    .string(sentence)
    .regex(DURATION_PATTERN, sentence)
    .refine((value) => {
      const ms = parseDuration(value);
      return ms === undefined || (ms >= minMs && ms <= maxMs);
    }, sentence);
}

function list<Item extends z.ZodType>(item: Item, expected: string, max: number): z.ZodArray<Item> {
  const sentence = expecting(`${expected}, at most ${String(max)}`);
  return z.array(item, sentence).max(max, sentence);
}

const section = expecting('a section of keys');
const wallTime = z
  .string(expecting('a time of day such as "21:00"'))
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, expecting('a time of day such as "21:00", from "00:00" to "23:59"'));

const template = text('a text', 1000).superRefine((value, context) => {
  const compiled = compileTemplate(value);
  if (compiled.ok) return;
  context.addIssue({ code: 'custom', message: compiled.message, params: { offset: compiled.offset } });
});
const bodies = z
  .union(
    [template, list(template, 'a list of texts', 20).min(1, expecting('a list of at least one text'))],
    expecting('a text, or a list of texts'),
  )
  .describe('Of a list the first text whose values are all there is used; none: the coupon’s own body.');

const condition = z
  .string(expecting('a condition such as coupon.category == "alcohol"'))
  .min(1, expecting('a condition such as coupon.category == "alcohol"'))
  .superRefine((value, context) => {
    const compiled = compileExpression(value);
    if (compiled.ok) return;
    context.addIssue({ code: 'custom', message: compiled.message, params: { offset: compiled.offset } });
  })
  .describe(`CEL over event, coupon and merchant, at most ${String(MAX_EXPRESSION_LENGTH)} characters.`);

const ruleId = z
  .string(expecting('a name such as no-alcohol-before-noon'))
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/,
    expecting('a name of 1–63 letters, digits and - _ . that begins with a letter or digit'),
  )
  .describe('Unique; counted in metrics under this name.');

const rule = z.discriminatedUnion(
  'then',
  [
    z.strictObject({ id: ruleId, when: condition, then: z.literal('exclude') }, section),
    z.strictObject(
      {
        id: ruleId,
        when: condition,
        then: z.literal('boost'),
        by: number(-1000, 1000, '').describe('Added to the score; may be negative.'),
      },
      section,
    ),
  ],
  {
    error: ({ input }) =>
      typeof input === 'object' && input !== null && !Array.isArray(input)
        ? `expected "exclude" or "boost", found ${'then' in input ? show(input.then) : 'nothing'}`
        : `expected a rule (id, when, then), found ${show(input)}`,
  },
);

const merchantIds = list(text('a merchantId', 128), 'a list of merchantIds', 5000);

const capSubjects = namesOf(CAP_SUBJECTS);
const cap = z.strictObject(
  {
    per: z.enum(capSubjects, expecting(`one of ${capSubjects.join(', ')}`)),
    max: z
      .int(expecting('a whole number from 1 to 1000'))
      .min(1, expecting('a whole number from 1 to 1000'))
      .max(1000, expecting('a whole number from 1 to 1000')),
    window: duration(SECOND_MS, MAX_CAP_WINDOW_MS),
  },
  section,
);

export const rulesSchema = z.strictObject(
  {
    $schema: z.string(expecting('the address of this schema')).optional(),
    version: text('a version such as "2026-11-22.1"', 100).describe(
      'Free text, new for every change; in metrics, /status and every push.',
    ),
    enabled: z
      .boolean(expecting('true or false'))
      .optional()
      .describe('Kill switch, default true: false pushes nothing.'),
    caps: list(cap, 'a list of caps such as { per: user, max: 1, window: 24h }', 10).describe(
      'All must have room. Sliding windows of 1s to 30d.',
    ),
    quietHours: z
      .strictObject(
        {
          from: wallTime,
          to: wallTime,
          unknownTimeZone: z
            .string(expecting('a time zone such as "Europe/Berlin", or suppress'))
            .refine(
              (value) => value === SUPPRESS || knownTimeZone(value) !== undefined,
              expecting('a time zone such as "Europe/Berlin", or suppress'),
            )
            .optional()
            .describe(
              'Where a user’s time zone is unknown: this zone, or suppress (default) to push nothing.',
            ),
        },
        section,
      )
      .optional()
      .describe('By the user’s wall clock, across midnight; without it pushes go out at any hour.'),
    event: z
      .strictObject(
        {
          maxAge: duration(SECOND_MS, 30 * DAY_MS).optional(),
          maxAccuracyMeters: number(0, 1_000_000, ' (metres)').optional(),
          triggers: list(
            z.enum(TRIGGERS, expecting(`one of ${TRIGGERS.join(', ')}`)),
            `a list of ${TRIGGERS.join(', ')}`,
            TRIGGERS.length,
          )
            .min(1, expecting(`at least one of ${TRIGGERS.join(', ')}`))
            .optional()
            .describe('Default: all.'),
        },
        section,
      )
      .optional(),
    coupon: z
      .strictObject(
        {
          minDiscountPercent: number(0, 100, ' (percent)').optional(),
          maxDistanceMeters: number(0, 50_000_000, ' (metres)').optional(),
          minRemaining: duration(0, 30 * DAY_MS).optional(),
        },
        section,
      )
      .optional(),
    merchants: z
      .strictObject({ allow: merchantIds.optional(), deny: merchantIds.optional() }, section)
      .optional()
      .describe('deny wins; an empty allow list allows all.'),
    rollout: z
      .strictObject(
        {
          percent: number(0, 100, ' (percent)'),
          salt: z
            .string(expecting('a text of at most 100 characters'))
            .max(100, expecting('a text of at most 100 characters'))
            .optional()
            .describe('A new salt draws the users anew.'),
        },
        section,
      )
      .optional()
      .describe('Stable per user; default all.'),
    rules: list(rule, 'a list of rules (id, when, then)', 200).optional().describe('Asked in order.'),
    push: z
      .strictObject(
        {
          title: template.optional().describe('Default: the coupon’s own title.'),
          body: bodies.optional(),
          locales: z
            .record(
              z.string(),
              z.strictObject({ title: template.optional(), body: bodies.optional() }, section),
              section,
            )
            .superRefine((locales, context) => {
              for (const locale of Object.keys(locales)) {
                if (canonicalLocale(locale) !== undefined) continue;
                const message = `expected a language such as de or pt-BR, found ${show(locale)}`;
                context.addIssue({ code: 'custom', message, path: [locale], params: { key: true } });
              }
            })
            .optional()
            .describe('By language; de-AT falls back to de, then to the texts above.'),
          ttl: duration(SECOND_MS, 7 * DAY_MS)
            .optional()
            .describe('Default 30m.'),
        },
        section,
      )
      .optional(),
  },
  expecting('a document with version and caps'),
);

/** A rule document as it was written, known to be valid. */
export type RulesDocument = z.infer<typeof rulesSchema>;
