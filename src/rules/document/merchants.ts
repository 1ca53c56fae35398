/**
 * The merchants' meta-info document. Machines write it, so unknown keys are ignored: a new field there must not stop a
 * reload here. A null is absent. A time zone that is none is treated as absent, as in an event. What would make two
 * pods decide differently is a problem: a merchantId that is there twice, a value of a wrong type.
 */
import { z } from 'zod';
import { knownTimeZone } from '../../domain/civil.ts';
import type { Merchant } from '../../domain/merchant.ts';
import type { DocumentProblem } from '../../domain/document-problem.ts';
import { formatPath } from './problem.ts';

export interface Merchants {
  readonly version: string;
  readonly count: number;
  /** In constant time. */
  find(merchantId: string): Merchant | undefined;
}

export type ParsedMerchants =
  | { readonly ok: true; readonly merchants: Merchants }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

const MAX_PROBLEMS = 20;

const shape = z.object({
  version: z.string({ error: 'expected a text' }).min(1, 'expected a text'),
  merchants: z.array(
    z.object({
      merchantId: z
        .string({ error: 'expected a text of 1–128 characters' })
        .min(1, 'expected a text of 1–128 characters')
        .max(128, 'expected a text of 1–128 characters'),
      name: z.string({ error: 'expected a text' }).nullish(),
      tier: z.string({ error: 'expected a text' }).nullish(),
      category: z.string({ error: 'expected a text' }).nullish(),
      timeZone: z.unknown().optional(),
      active: z.boolean({ error: 'expected true or false' }).nullish(),
    }),
    { error: 'expected a list of merchants' },
  ),
});

/** @param text JSON. Never throws; a problem names its path, its line is 1 (such a document has one). */
export function parseMerchants(text: string): ParsedMerchants {
  let data: unknown;
  try {
    data = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return refuse([{ path: '', message: `not JSON: ${error instanceof Error ? error.message : ''}` }]);
  }
  const parsed = shape.safeParse(data);
  if (!parsed.success) {
    return refuse(
      parsed.error.issues.slice(0, MAX_PROBLEMS).map(({ path, message }) => ({
        path: formatPath(path.filter((step) => typeof step !== 'symbol')),
        message: path.length === 0 ? 'expected {"version", "merchants"}' : message,
      })),
    );
  }
  const byId = new Map<string, Merchant>();
  const twice: { readonly path: string; readonly message: string }[] = [];
  parsed.data.merchants.forEach(({ merchantId, name, tier, category, timeZone, active }, index) => {
    if (byId.has(merchantId)) {
      twice.push({
        path: formatPath(['merchants', index, 'merchantId']),
        message: `"${merchantId}" is there twice`,
      });
      return;
    }
    const zone = knownTimeZone(timeZone);
    byId.set(merchantId, {
      merchantId,
      ...(isPresent(name) && { name }),
      ...(isPresent(tier) && { tier }),
      ...(isPresent(category) && { category }),
      ...(zone !== undefined && { timeZone: zone }),
      active: active ?? true,
    });
  });
  if (twice.length > 0) return refuse(twice.slice(0, MAX_PROBLEMS));
  const { version } = parsed.data;
  return {
    ok: true,
    merchants: { version, count: byId.size, find: (merchantId) => byId.get(merchantId) },
  };
}

function refuse(problems: readonly { readonly path: string; readonly message: string }[]): ParsedMerchants {
  return { ok: false, problems: problems.map((problem) => ({ line: 1, column: 1, ...problem })) };
}

function isPresent<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null;
}
