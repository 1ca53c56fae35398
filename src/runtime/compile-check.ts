/**
 * A zod schema as one plain function that says yes or no, in a third of the time of zod's own parser, which makes result
 * objects and calls several functions a field. The schema stays the one source: what it says is read from it once, and a
 * schema of another kind than is known here is refused at start.
 */
import type { z } from 'zod';

type Check = (value: unknown) => boolean;

/**
 * @returns whether `schema.safeParse` accepts a value. For objects of strings, numbers, booleans and enums that may be
 * optional or nullable, with lengths, bounds and refinements, and optional unknowns. Throws only what a refinement does.
 * @throws TypeError for any other schema, such as one that transforms.
 */
export function compileCheck<Schema extends z.ZodObject>(
  schema: Schema,
): (value: unknown) => value is z.output<Schema> {
  const { def } = schema._zod;
  if (def.catchall !== undefined || (def.checks ?? []).length > 0)
    throw new TypeError('an object with rules of its own cannot be compiled');
  const names = Object.keys(schema.shape);
  const checks = names.map((name) => compile((schema.shape as Record<string, z.core.$ZodType>)[name], name));
  return (value): value is z.output<Schema> => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const fields = value as Readonly<Record<string, unknown>>;
    for (let at = 0; at < checks.length; at += 1) {
      // Both arrays have as many elements.
      if (!(checks[at] as Check)(fields[names[at] as string])) return false;
    }
    return true;
  };
}

function compile(schema: z.core.$ZodType | undefined, name: string): Check {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional': {
      if (kindOf(def.innerType) === 'unknown') return () => true;
      const inner = compile(def.innerType, name);
      return (value) => value === undefined || inner(value);
    }
    case 'nullable': {
      const inner = compile(def.innerType, name);
      return (value) => value === null || inner(value);
    }
    case 'boolean':
      return withChecks((value) => typeof value === 'boolean', def.checks, name);
    case 'enum': {
      const values = new Set<unknown>(Object.values(def.entries));
      return withChecks((value) => values.has(value), def.checks, name);
    }
    case 'string':
      return withChecks((value) => typeof value === 'string', def.checks, name);
    case 'number':
      return withChecks((value) => Number.isFinite(value), def.checks, name);
    default:
      throw new TypeError(`${name}: a schema of the kind "${def.type}" cannot be compiled`);
  }
}

/** Of one level: a refinement never sees a value that is none of the schema's type. */
function withChecks(isOfType: Check, checks: readonly z.core.$ZodCheck[] | undefined, name: string): Check {
  const all = (checks ?? []).map((check) => compileOne(check, name));
  const [first, second, third, ...others] = all;
  if (first === undefined) return isOfType;
  if (second === undefined) return (value) => isOfType(value) && first(value);
  if (third === undefined) return (value) => isOfType(value) && first(value) && second(value);
  return (value) =>
    isOfType(value) && first(value) && second(value) && third(value) && others.every((check) => check(value));
}

function kindOf(schema: z.core.$ZodType): string {
  return schema._zod.def.type;
}

function compileOne(check: z.core.$ZodCheck, name: string): Check {
  const { def } = (check as unknown as z.core.$ZodChecks)._zod;
  switch (def.check) {
    case 'min_length': {
      const { minimum } = def;
      return (value) => (value as string).length >= minimum;
    }
    case 'max_length': {
      const { maximum } = def;
      return (value) => (value as string).length <= maximum;
    }
    case 'greater_than': {
      const { inclusive } = def;
      const bound = Number(def.value);
      return (value) => (inclusive ? (value as number) >= bound : (value as number) > bound);
    }
    case 'less_than': {
      const { inclusive } = def;
      const bound = Number(def.value);
      return (value) => (inclusive ? (value as number) <= bound : (value as number) < bound);
    }
    default:
      if (isRefinement(def)) return (value) => Boolean(def.fn(value));
      throw new TypeError(`${name}: a check of the kind "${def.check}" cannot be compiled`);
  }
}

function isRefinement(def: object): def is { readonly fn: (value: unknown) => unknown } {
  return Reflect.get(def, 'check') === 'custom' && typeof Reflect.get(def, 'fn') === 'function';
}
