/** One environment variable: what it must look like, and what the pages say of it. */
import type { z } from 'zod';

export interface Variable<T> {
  readonly schema: z.ZodType<T>;
  /** As the pages show it. */
  readonly shownDefault: string;
  readonly description: string;
  /** It may be given as a file, `NAME_FILE`, and is never printed. */
  readonly isSecret?: true;
}

export function given<T>(schema: z.ZodType<T>, description: string): Variable<T> {
  return { schema, shownDefault: 'required', description };
}

export function optional<T>(
  schema: z.ZodType<T>,
  description: string,
  shownDefault = 'none',
): Variable<T | undefined> {
  return { schema: schema.optional(), shownDefault, description };
}

export function defaulted<T extends string | number | boolean>(
  schema: z.ZodType<T>,
  value: T,
  description: string,
): Variable<T> {
  return {
    schema: schema.optional().transform((found) => found ?? value),
    shownDefault: `\`${String(value)}\``,
    description,
  };
}

export function secret<T>(variable: Variable<T>): Variable<T> {
  return { ...variable, isSecret: true };
}
