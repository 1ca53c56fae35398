/**
 * A packed value, unpacked for a while. One limit for the whole pod holds for unpacked bytes, however many records are
 * being cut at once. They are given back as soon as no cutting needs them: the packed value stays and can be unpacked
 * again.
 */
import { createByteSemaphore, type ByteSemaphore } from '../../runtime/collections/byte-semaphore.ts';
import { giveBack, hintUnpackedBytes, unpackGzip } from './unpack-gzip.ts';

export interface UnpackLimits {
  /** A value larger than this, as it came or unpacked, is `too_large`. */
  readonly maxRecordBytes: number;
  /** Permits for unpacked bytes. Default: no limit. */
  readonly unpackSemaphore?: ByteSemaphore | undefined;
}

export type Unpacked =
  | { readonly kind: 'bytes'; readonly held: HeldValue }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'not_gzip'; readonly error: string };

export interface HeldValue {
  readonly bytes: Buffer;
  /** The bytes are gone, as others wanted the permits. They must not be read any more. */
  readonly isGone: boolean;
  /** The bytes are being worked on just now. */
  touch(): void;
  /** From now on the bytes may be taken away where others wait and nobody works on them. */
  allowEviction(): void;
  /** Frees them now. A second call changes nothing. */
  release(): void;
}

const NO_BOUND = createByteSemaphore({ capacityBytes: Infinity });
const LEAST_BYTES = 128 * 1024;

/**
 * Waits for a permit. It asks for the size that the value itself states, and for the largest record where that is not
 * true. Never rejects.
 */
export async function unpackWhenFree(
  packed: Buffer,
  { maxRecordBytes, unpackSemaphore: semaphore = NO_BOUND }: UnpackLimits,
): Promise<Unpacked> {
  const hintBytes = Math.min(maxRecordBytes, Math.max(LEAST_BYTES, hintUnpackedBytes(packed)));
  const first = await unpackWithin(hintBytes, packed, semaphore);
  if (first.kind !== 'too_large' || hintBytes === maxRecordBytes) return first;
  return unpackWithin(maxRecordBytes, packed, semaphore);
}

async function unpackWithin(maxBytes: number, packed: Buffer, semaphore: ByteSemaphore): Promise<Unpacked> {
  const permit = await semaphore.acquire(maxBytes);
  const unpacked = await unpackGzip(packed, maxBytes);
  if (unpacked.kind !== 'bytes') {
    permit.release();
    return unpacked;
  }
  const { bytes } = unpacked;
  let isGone = false;
  const release = (): void => {
    if (isGone) return;
    isGone = true;
    giveBack(bytes);
    permit.release();
  };
  permit.shrinkTo(bytes.length);
  const held: HeldValue = {
    bytes,
    get isGone() {
      return isGone;
    },
    touch: () => {
      permit.touch();
    },
    allowEviction: () => {
      permit.allowEviction(release);
    },
    release,
  };
  return { kind: 'bytes', held };
}
