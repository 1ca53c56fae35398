/** What would become of a letter that is put back now: its bytes through the code that pods run on records. */
import type { Outcome } from '../../domain/outcome.ts';
import type { Claims, Documents } from '../../pipeline/ports.ts';
import { validate } from '../../pipeline/steps/validate.ts';
import { foresee } from '../../replay/foresee.ts';
import { decodeRecord } from '../../stream/decode/record-decoder.ts';
import type { Letter } from './letter.ts';
import { replayRecord } from './replay-record.ts';

/** What decides today. */
export interface Today {
  readonly documents: Documents;
  readonly maxEventAgeMs: number;
  readonly maxRecordBytes: number;
  /** Undefined: what Redis remembers is not asked. */
  readonly recall: Claims['recall'] | undefined;
  nowMs(): number;
  close(): Promise<void>;
}

/** Of one event. */
export type Fate = Outcome | { readonly kind: 'coupons' };

/** The fates of the record's events, in their order: one, but where a whole record was a letter. */
export async function foreseeLetter(letter: Letter, today: Today): Promise<readonly Fate[]> {
  const { key, value, headers = {} } = replayRecord(letter, Infinity);
  const { topic, partition, offset } = letter.source;
  const record = {
    ...{ topic, partition, offset, headers },
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  };
  const { documents, maxEventAgeMs, recall } = today;
  const fates: Fate[] = [];
  for await (const piece of decodeRecord(record, { maxRecordBytes: today.maxRecordBytes })) {
    const nowMs = today.nowMs();
    const validated = validate(piece, nowMs);
    if (!validated.ok) {
      fates.push({ kind: 'dead_lettered', reason: validated.reason, error: validated.error });
      continue;
    }
    const { event } = validated;
    const fate = await foresee({ documents, event, nowMs, maxEventAgeMs, ...(recall && { recall }) });
    fates.push(fate === 'coupons' ? { kind: 'coupons' } : fate);
  }
  return fates;
}

/** For people; `again`: as before. */
export function fateInWords(fate: Fate): string {
  switch (fate.kind) {
    case 'coupons':
      return 'the coupon API is asked, and its answer decides';
    case 'queued':
      return 'queued again: its push was made before, and is not made twice';
    case 'filtered':
      return `filtered/${fate.reason} by ${fate.rule}`;
    case 'dead_lettered':
      return `a dead letter again: ${fate.reason}: ${fate.error}`;
  }
}
