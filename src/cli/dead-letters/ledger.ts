/**
 * Which letters are dealt with: put back, or discarded. Kafka keeps a letter until retention takes it, so this is kept
 * beside it, in a compacted topic: a record for each stretch of 4096 offsets, with a bit a letter and mark. So it takes
 * 0.4 bytes a letter at most, however often commands run, and is read in one go.
 *
 * Stretches are named after the dead-letter topic’s id: of a topic that was made anew nothing is dealt with.
 */
import type { LetterAddress } from './letter.ts';

export type Mark = 'replayed' | 'discarded';
const MARKS = ['replayed', 'discarded'] as const satisfies readonly Mark[];

/** Letters a stretch. */
const STRETCH = 4096;

/** A record of the ledger’s topic; a null value takes the last one of its key away. */
export interface LedgerRecord {
  readonly key: string;
  readonly value: string | null;
}

type Stretch = Readonly<Record<Mark, Uint8Array>>;

export interface Marks {
  of(address: LetterAddress): Mark | undefined;
  /** The records that set these marks, beside what is set already. Nothing changes until they are taken. */
  plan(addresses: readonly LetterAddress[], mark: Mark): readonly LedgerRecord[];
  /** Reads a record of the topic. Others than marks, and what can’t be read, change nothing. */
  take(record: LedgerRecord): void;
  /** The records that take away what is of no letter any more. @param begins each partition’s first offset. */
  planSweep(begins: ReadonlyMap<number, number>): readonly LedgerRecord[];
}

/** @param topicId of the dead-letter topic. */
export function createMarks(topicId: string): Marks {
  const stretches = new Map<string, Stretch>();
  /** Of topics of this name that are gone. */
  const strange = new Set<string>();
  const prefix = `${KIND}/${topicId}/`;
  const keyOf = ({ partition, offset }: LetterAddress): string =>
    `${prefix}${String(partition)}/${String(Math.floor(offset / STRETCH))}`;

  return {
    of(address) {
      const stretch = stretches.get(keyOf(address));
      return stretch && MARKS.find((mark) => hasBit(stretch[mark], address.offset % STRETCH));
    },
    plan(addresses, mark) {
      return [...Map.groupBy(addresses, keyOf)].map(([key, some]) => {
        const before = stretches.get(key);
        const bits = Uint8Array.from(before?.[mark] ?? new Uint8Array(STRETCH / 8));
        for (const { offset } of some) setBit(bits, offset % STRETCH);
        return { key, value: toText({ ...(before ?? emptyStretch()), [mark]: bits }) };
      });
    },
    take({ key, value }) {
      if (!key.startsWith(`${KIND}/`)) return;
      if (!key.startsWith(prefix)) {
        if (value === null) strange.delete(key);
        else strange.add(key);
        return;
      }
      const stretch = value === null ? undefined : fromText(value);
      if (stretch !== undefined) stretches.set(key, stretch);
      else if (value === null) stretches.delete(key);
    },
    planSweep(begins) {
      const gone = [...stretches.keys()].filter((key) => {
        const [, , partition, stretch] = key.split('/');
        const begin = begins.get(Number(partition));
        return begin !== undefined && (Number(stretch) + 1) * STRETCH <= begin;
      });
      return [...gone, ...strange].map((key) => ({ key, value: null }));
    },
  };
}

const KIND = 'done';

function emptyStretch(): Stretch {
  return { replayed: new Uint8Array(STRETCH / 8), discarded: new Uint8Array(STRETCH / 8) };
}

function hasBit(bits: Uint8Array, at: number): boolean {
  return ((bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
}

function setBit(bits: Uint8Array, at: number): void {
  bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
}

/** Bits from the first letter on, without the zeros behind the last. */
function toText(stretch: Stretch): string {
  const texts = MARKS.map((mark) => {
    const bits = stretch[mark];
    const length = bits.findLastIndex((byte) => byte !== 0) + 1;
    return [mark, Buffer.from(bits.subarray(0, length)).toString('base64')] as const;
  });
  return JSON.stringify({ v: 1, ...Object.fromEntries(texts) });
}

function fromText(text: string): Stretch | undefined {
  try {
    const parsed = JSON.parse(text) as Partial<Record<Mark, unknown>>;
    const stretch = emptyStretch();
    for (const mark of MARKS) {
      const bits = parsed[mark];
      if (typeof bits === 'string') stretch[mark].set(Buffer.from(bits, 'base64').subarray(0, STRETCH / 8));
    }
    return stretch;
  } catch {
    return undefined;
  }
}
