/**
 * The rule document's shape: what an editor completes and shows beside a key, and what a load refuses. Objects are
 * strict, because a mistyped key that is ignored is a limit that nobody enforces. Nothing is converted here: the
 * document stays as it was written, for people to compare; compile-rules.ts makes it executable.
 */
import { z } from 'zod';
import { CAP_SUBJECTS, MAX_CAP_WINDOW_MS } from '../../domain/cap.ts';
import { knownTimeZone } from '../../domain/civil.ts';
import { TRIGGERS } from '../../domain/event.ts';
import { namesOf } from '../../runtime/names-of.ts';
import { SUPPRESS } from '../quiet-hours.ts';
import { adviseNothing } from './advice.ts';
import { DAY_MS, SECOND_MS } from './duration.ts';
import { pushSchema } from './push-schema.ts';
import { ruleSchema } from './rule-schema.ts';
import {
  duration,
  expecting,
  list,
  number,
  oneOf,
  section,
  shortText,
  text,
  wallTime,
  wholeNumber,
  yesNo,
} from './values.ts';

const merchantIds = list(text('a merchantId', 128), 'a list of merchantIds', 5000);

const cap = z
  .strictObject(
    {
      per: oneOf(namesOf(CAP_SUBJECTS)).meta({
        description:
          'What is counted together: all of a user’s pushes, or those from one merchant or of one coupon.',
        examples: ['user'],
      }),
      max: wholeNumber(1, 1000).meta({ description: 'Most pushes in the window, 1 to 1000.', examples: [1] }),
      window: duration(SECOND_MS, MAX_CAP_WINDOW_MS).meta({
        description: 'A sliding window, 1s to 30d.',
        examples: ['24h', '7d'],
      }),
    },
    section,
  )
  .meta({ description: 'At most max pushes in any window.' });

const timeZone = expecting('a time zone such as "Europe/Berlin", or suppress');

export const rulesSchema = z.strictObject(
  {
    $schema: z
      .string(expecting('the address of this schema'))
      .optional()
      .meta({ description: 'The address of this schema, for editors.', examples: ['./rules.schema.json'] }),
    version: text('a version such as "2026-11-22.1"', 100).meta({
      description: 'Free text, new for every change; in metrics, /status and every push. In quotes.',
      examples: ['2026-11-22.1'],
    }),
    enabled: yesNo.optional().meta({
      description:
        'The kill switch: false pushes nothing, anywhere, as soon as it is uploaded. Left out: true.',
      default: true,
    }),
    caps: list(cap, 'a list of caps such as { per: user, max: 1, window: 24h }', 10).meta({
      description: 'How often at most. All caps must have room; an empty list means no cap. At most 10.',
      examples: [[{ per: 'user', max: 1, window: '24h' }]],
    }),
    quietHours: z
      .strictObject(
        {
          from: wallTime.meta({
            description: 'When quiet hours begin, on the user’s wall clock. In quotes.',
            examples: ['21:00'],
          }),
          to: wallTime.meta({
            description: 'When quiet hours end, on the user’s wall clock; across midnight too. In quotes.',
            examples: ['08:00'],
          }),
          unknownTimeZone: z
            .string(timeZone)
            .refine((value) => value === SUPPRESS || knownTimeZone(value) !== undefined, timeZone)
            .optional()
            .meta({
              description:
                'Whose clock counts where nobody knows the user’s time zone; suppress: no push. Left out: suppress.',
              examples: ['Europe/Berlin', SUPPRESS],
              default: SUPPRESS,
            }),
        },
        section,
      )
      .optional()
      .meta({
        description:
          'No push while the user’s wall clock shows a time in between. Left out: pushes go out at any hour.',
        examples: [{ from: '21:00', to: '08:00', unknownTimeZone: 'Europe/Berlin' }],
      }),
    event: z
      .strictObject(
        {
          maxAge: duration(SECOND_MS, 30 * DAY_MS)
            .optional()
            .meta({
              description:
                'Older events are dropped as stale, 1s to 30d. Left out: MAX_EVENT_AGE_MS of the pod.',
              examples: ['15m'],
            }),
          maxAccuracyMeters: number(0, 1_000_000, ' (metres)')
            .optional()
            .meta({
              description:
                'Less accurate positions are dropped as inaccurate, in m. An event without an accuracy passes. Left out: no limit.',
              examples: [250],
            }),
          triggers: list(oneOf(TRIGGERS), `a list of ${TRIGGERS.join(', ')}`, TRIGGERS.length)
            .min(1, expecting(`at least one of ${TRIGGERS.join(', ')}`, adviseNothing))
            .optional()
            .meta({
              description: 'Which kinds of events count. Left out: all.',
              examples: [['enter', 'dwell']],
              default: [...TRIGGERS],
            }),
        },
        section,
      )
      .optional()
      .meta({
        description: 'Which location events count.',
        examples: [{ maxAge: '15m', maxAccuracyMeters: 250 }],
      }),
    coupon: z
      .strictObject(
        {
          minDiscountPercent: number(0, 100, ' (percent)')
            .optional()
            .meta({
              description:
                'Least discount, 0 to 100. A coupon without a discount counts as 0. Left out: no limit.',
              examples: [10],
            }),
          maxDistanceMeters: number(0, 50_000_000, ' (metres)')
            .optional()
            .meta({
              description: 'Farthest shop, in m. A coupon without a location passes. Left out: no limit.',
              examples: [1500],
            }),
          minRemaining: duration(0, 30 * DAY_MS)
            .optional()
            .meta({
              description:
                'Shortest time until the coupon ends. One without an end passes. Left out: no limit.',
              examples: ['30m'],
            }),
        },
        section,
      )
      .optional()
      .meta({
        description: 'Which coupons count.',
        examples: [{ minDiscountPercent: 10, maxDistanceMeters: 1500, minRemaining: '30m' }],
      }),
    merchants: z
      .strictObject(
        {
          allow: merchantIds.optional().meta({
            description: 'The only merchantIds that are pushed. Left out or empty: all.',
            examples: [['m-1']],
          }),
          deny: merchantIds.optional().meta({
            description: 'merchantIds that are never pushed; wins over allow.',
            examples: [['m-closed']],
          }),
        },
        section,
      )
      .optional()
      .meta({
        description: 'Which merchants are pushed. Left out: all.',
        examples: [{ deny: ['m-closed'] }],
      }),
    rollout: z
      .strictObject(
        {
          percent: number(0, 100, ' (percent)').meta({
            description: 'Share of users who take part, 0 to 100. Raising it only adds users.',
            examples: [25],
          }),
          salt: shortText('a text', 100)
            .optional()
            .meta({ description: 'A new salt draws the users anew.', examples: ['launch'], default: '' }),
        },
        section,
      )
      .optional()
      .meta({
        description: 'The share of users who take part; stable per user. Left out: all.',
        examples: [{ percent: 25, salt: 'launch' }],
      }),
    rules: list(ruleSchema, 'a list of rules (id, when, then)', 200)
      .optional()
      .meta({
        description: 'Conditions on each remaining coupon, asked in order. At most 200. Left out: none.',
        examples: [[{ id: 'no-alcohol', when: 'coupon.category == "alcohol"', then: 'exclude' }]],
      }),
    push: pushSchema,
  },
  expecting('a document with version and caps'),
);

/** A rule document as it was written, known to be valid. */
export type RulesDocument = z.infer<typeof rulesSchema>;
