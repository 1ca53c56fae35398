/** One rule of the document: its name, its condition, and what happens to a coupon that meets it. */
import { z } from 'zod';
import { adviseOneOf } from './advice.ts';
import { show } from './problem.ts';
import { condition, expecting, number, section } from './values.ts';

const ruleId = z
  .string(expecting('a name such as no-alcohol-before-noon'))
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/,
    expecting('a name of 1–63 letters, digits and - _ . that begins with a letter or digit'),
  )
  .meta({
    description: 'Unique. Metrics and outcomes count the rule under this name.',
    examples: ['no-alcohol-before-noon'],
  });
const when = condition.meta({
  description: 'The condition, in CEL over event, coupon and merchant; at most 2,000 characters.',
  examples: ['coupon.category == "alcohol" && event.localHour < 12', 'merchant.tier == "gold"'],
});
const THEN = ['exclude', 'boost'] as const;
const thenMeta = {
  description: 'exclude drops the coupon, boost adds by to its score.',
  examples: [...THEN],
};

export const ruleSchema = z
  .discriminatedUnion(
    'then',
    [
      z.strictObject({ id: ruleId, when, then: z.literal('exclude').meta(thenMeta) }, section),
      z.strictObject(
        {
          id: ruleId,
          when,
          then: z.literal('boost').meta(thenMeta),
          by: number(-1000, 1000).meta({
            description: 'Added to the score of a coupon that meets the condition; may be negative.',
            examples: [20, -5],
          }),
        },
        section,
      ),
    ],
    {
      error: ({ input }) => {
        if (typeof input !== 'object' || input === null || Array.isArray(input)) {
          return `expected a rule (id, when, then), found ${show(input)}`;
        }
        if (!('then' in input)) return 'is missing: expected "exclude" or "boost"';
        const advised = adviseOneOf(THEN)(input.then);
        const advice = advised === undefined ? '' : `: ${advised}`;
        return `expected "exclude" or "boost", found ${show(input.then)}${advice}`;
      },
    },
  )
  .meta({ description: 'One condition, and what happens to a coupon that meets it.' });
