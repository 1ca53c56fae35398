/** The section of push texts, in the reader's language where the document has it. */
import { z } from 'zod';
import { canonicalLocale } from '../../domain/civil.ts';
import { DAY_MS, SECOND_MS } from './duration.ts';
import { show } from './problem.ts';
import { bodies, duration, section, template } from './values.ts';

const texts = {
  title: template.optional().meta({
    description: 'The title’s text. Left out, or where a value is missing: the coupon’s own title.',
    examples: ['{{coupon.title}}'],
  }),
  body: bodies.optional().meta({
    description:
      'One text, or a list of which the first text whose values are all there is used. None: the coupon’s own body.',
    examples: ['Near you now', ['Only {{coupon.distanceMeters}} m away', 'Near you now']],
  }),
};

export const pushSchema = z
  .strictObject(
    {
      ...texts,
      locales: z
        .record(
          z.string(),
          z
            .strictObject(texts, section)
            .meta({ description: 'The texts in this language; what is left out falls back.' }),
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
        .meta({
          description: 'Title and body by language; de-AT falls back to de, then to the texts above.',
          examples: [{ de: { body: 'Ganz in deiner Nähe' } }],
        }),
      ttl: duration(SECOND_MS, 7 * DAY_MS)
        .optional()
        .meta({
          description: 'How long a push may wait for its delivery, 1s to 7d. Left out: 30m.',
          examples: ['30m'],
          default: '30m',
        }),
    },
    section,
  )
  .optional()
  .meta({
    description: 'The words of a push. Left out: the coupon’s own title and body, and a ttl of 30m.',
    examples: [{ title: '{{coupon.title}}', body: ['Near you now'] }],
  });
