/**
 * The shape of a file of examples: what an editor completes, what a run refuses, and one sentence for each thing that
 * can be wrong. Objects are strict, as a mistyped expectation that is ignored expects nothing.
 */
import { z } from 'zod';
import { knownTimeZone, readLocale } from '../../domain/civil.ts';
import type { Coupon } from '../../domain/coupon.ts';
import { eventShape, type EventField } from '../../domain/event.ts';
import type { Merchant } from '../../domain/merchant.ts';
import { FILTER_REASONS } from '../../domain/outcome.ts';
import { adviseDuration, adviseList, type Advise } from '../../rules/document/advice.ts';
import { parseDuration } from '../../rules/document/duration.ts';
import { expecting, number, oneOf, section, yesNo } from '../../rules/document/values.ts';
import { namesOf } from '../../runtime/names-of.ts';
import { isTimeOfDay, readMoment } from './moment.ts';

function textThat(expected: string, holds: (text: string) => boolean, advise?: Advise): z.ZodString {
  const sentence = expecting(expected, advise);
  return z.string(sentence).refine(holds, sentence);
}

const words = textThat('a text', (value) => value !== '');
const id = textThat('an id of 1–128 characters', ({ length }) => length > 0 && length <= 128);
const timeZone = textThat(
  'a time zone such as "Europe/Berlin"',
  (value) => knownTimeZone(value) !== undefined,
);
const duration = textThat(
  'a duration such as 90s, 15m, 24h or 7d',
  (value) => parseDuration(value) !== undefined,
  adviseDuration,
);
const isMoment = (value: string): boolean => readMoment(value, 0) !== undefined;
const moment = textThat(
  'a moment such as -2h, +45m, "2026-11-24 12:00 Europe/Berlin" or 2026-11-24T11:00:00Z',
  isMoment,
);
const at = textThat(
  'a moment such as "2026-11-24 12:00 Europe/Berlin" or 2026-11-24T11:00:00Z, or a time such as "09:30" or "Sat 09:30"',
  (value) => isTimeOfDay(value) || (isMoment(value) && !/^[+-]/.test(value)),
).describe('When the event is decided. A time of day is one of the day in `defaults`.');

const event = z
  .strictObject(
    {
      ...eventShape.partial().shape,
      occurredAt: moment
        .optional()
        .describe('Default: when the event is decided. `-20m`: 20 minutes before.'),
      timeZone: timeZone.nullish(),
      locale: textThat(
        'a language such as de or pt-BR',
        (value) => readLocale(value) !== undefined,
      ).nullish(),
    } satisfies Readonly<Record<EventField, z.ZodType>>,
    section,
  )
  .describe('What the phone reported. `~` takes a default away.');

/** A moment is text in an example and ms in a coupon. */
type Written<Field> = Field extends `${infer Name}Ms` ? Name : Field;
const coupon = z
  .strictObject(
    {
      couponId: id.optional(),
      merchantId: id.optional(),
      title: words.optional(),
      body: words.nullish(),
      category: words.nullish(),
      deepLink: words.nullish(),
      discountPercent: number(0, 100, ' (percent)').nullish(),
      distanceMeters: number(0, 1_000_000, ' (metres)')
        .nullish()
        .describe('From the event; in place of latitude and longitude. Neither: the coupon has no location.'),
      latitude: number(-90, 90).nullish(),
      longitude: number(-180, 180).nullish(),
      validFrom: moment.nullish(),
      validUntil: moment.nullish().describe('`+45m`: 45 minutes after the decision.'),
    } satisfies Readonly<Record<Written<keyof Coupon> | 'distanceMeters', z.ZodType>>,
    section,
  )
  .describe('What every coupon of the answer has. `~` takes a default away.');

const merchant = z.strictObject(
  {
    merchantId: id,
    name: words.nullish(),
    tier: words.nullish(),
    category: words.nullish(),
    timeZone: timeZone.nullish(),
    active: yesNo.nullish(),
  } satisfies Readonly<Record<keyof Merchant, z.ZodType>>,
  section,
);

const push = z.union(
  [moment, z.strictObject({ at: moment, merchantId: id.optional(), couponId: id.optional() }, section)],
  expecting('a moment such as -2h, or { at, merchantId, couponId }'),
);

const reasons = namesOf(FILTER_REASONS);
const expectation = z
  .strictObject(
    {
      outcome: oneOf(['queued', 'filtered']).optional(),
      reason: oneOf(reasons).optional(),
      rule: words.optional().describe('What decided: a rule’s id, or the setting, such as caps[0].'),
      coupon: id.optional().describe('The couponId that is pushed, or that was excluded first.'),
      score: z.number(expecting('a number')).optional(),
      title: words.optional(),
      body: words.nullish().describe('`~`: the push has no body.'),
      deepLink: words.nullish(),
      expiresAfter: duration.optional().describe('How long the push may wait for its delivery.'),
    },
    section,
  )
  .refine((value) => Object.keys(value).length > 0, {
    error: 'expects nothing: name at least one of outcome, reason, rule, coupon, score, title, body',
  })
  .describe('Only what is named is compared.');

function list<Item extends z.ZodType>(item: Item, expected: string): z.ZodArray<Item> {
  return z.array(item, expecting(expected, adviseList));
}

const situation = {
  at: at.optional(),
  maxEventAge: duration.optional().describe('The pods’ MAX_EVENT_AGE_MS. Default 15m.'),
  event: event.optional(),
  coupon: coupon.optional(),
  coupons: list(coupon, 'a list of coupons')
    .optional()
    .describe(
      'The coupon API’s answer; each has what `coupon` has, and this. Default: one coupon. []: none.',
    ),
  merchants: list(merchant, 'a list of merchants').optional(),
  merchantsFile: words.optional().describe('A merchants document beside this file; `merchants` adds to it.'),
  pushes: list(push, 'a list of pushes that were sent before').optional(),
};

/** An example whose `each`, where it has one, is filled in. */
export const exampleSchema = z.strictObject(
  {
    name: words,
    ...situation,
    expect: expectation,
  },
  expecting('an example (name, …, expect)'),
);
export const defaultsSchema = z.strictObject(situation, section);

const cell = z.union(
  [z.string(), z.number(), z.boolean(), z.null()],
  expecting('a text, a number, true, false or ~'),
);
export const rowsSchema = list(
  z.record(z.string(), cell, expecting('a row such as { hour: "11:59", outcome: filtered }')),
  'a list of rows such as { hour: "11:59", outcome: filtered }',
)
  .min(1, { error: 'expected at least one row, found an empty list' })
  .describe('One case a row: its values stand for <column> in the example.');

/** What an editor completes. */
export const fileSchema = z.strictObject({
  $schema: z.string().optional(),
  defaults: defaultsSchema.optional().describe('What every example has, unless it says otherwise.'),
  examples: z.array(exampleSchema.extend({ each: rowsSchema.optional() })),
});

export type WrittenExample = z.infer<typeof exampleSchema>;
export type WrittenDefaults = z.infer<typeof defaultsSchema>;
export type WrittenCoupon = z.infer<typeof coupon>;
export type Expectation = z.infer<typeof expectation>;

/** The keys of each section, for who has mistyped one. */
export const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  '': ['defaults', 'examples'],
  examples: [...Object.keys(exampleSchema.shape), 'each'],
  defaults: Object.keys(situation),
  event: Object.keys(event.shape),
  coupon: Object.keys(coupon.shape),
  coupons: Object.keys(coupon.shape),
  merchants: Object.keys(merchant.shape),
  pushes: ['at', 'merchantId', 'couponId'],
  expect: Object.keys(expectation.shape),
};
