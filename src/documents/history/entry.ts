/** An entry of a document's history: who put which bytes in place of which, when and why. Written once, never changed. */
import { z } from 'zod';
import { errorText } from '../../runtime/error-text.ts';

const named = z.object({ version: z.string().nullable(), hash: z.string() });

const entrySchema = z.object({
  /** A later one only adds fields. */
  v: z.literal(1),
  number: z.number(),
  /** Null: the document did not say. */
  version: z.string().nullable(),
  /** See document-hash.ts; the bytes lie beside the entry under this name. */
  hash: z.string(),
  bytes: z.number(),
  /** Null: it was put there by other means, and nobody knows. */
  by: z.string().nullable(),
  /** RFC 3339; by the clock of who uploaded, of a found document by S3's. */
  at: z.string(),
  note: z.string().nullable(),
  how: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('upload') }),
    z.object({ kind: z.literal('rollback'), to: named.extend({ number: z.number() }) }),
    /** It lay there without an upload, and was then replaced. */
    z.object({ kind: z.literal('found') }),
  ]),
  /** Null: there was no document. */
  replaced: named.extend({ etag: z.string() }).nullable(),
});

export type HistoryEntry = z.infer<typeof entrySchema>;

/** @throws Error that names the object. */
export function parseEntry(bytes: Uint8Array, name: string): HistoryEntry {
  try {
    return entrySchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new Error(`${name} is no entry of a history: ${errorText(error)}`, { cause: error });
  }
}

export function formatEntry(entry: HistoryEntry): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(entry, null, 2)}\n`);
}
