/** The rule document's JSON schema, for editors' completion: generated from the shape that a load checks. */
import { z } from 'zod';
import { rulesSchema } from './schema.ts';

/** `rules/rules.schema.json` is this, written out. */
export function rulesJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(rulesSchema, { io: 'input' }), title: 'Coupon push rules' };
}
