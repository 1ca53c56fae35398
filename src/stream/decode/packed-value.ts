/**
 * A packed value, unpacked for a while. Unpacked bytes are held under one bound for the whole pod, however many records
 * are being taken apart at once, and given back the moment they are not needed: the packed value stays, and they can be
 * had again.
 */
import { createByteSemaphore, type ByteSemaphore } from '../../runtime/collections/byte-semaphore.ts';
import { giveBack, hintUnpackedBytes, unpackGzip } from './unpack-gzip.ts';

export interface UnpackLimits {
  /** A value larger than this, as it came or unpacked, is `too_large`. */
  readonly maxRecordBytes: number;
  /** Where unpacked bytes are held. Default: without bound. */
  readonly unpackSemaphore?: ByteSemaphore | undefined;
}

export type Unpacked =
  | { readonly kind: 'bytes'; readonly held: HeldValue }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'not_gzip'; readonly error: string };

export interface HeldValue {
  readonly bytes: Buffer;
  /** They are gone, as others wanted the room: not to be looked at any more. */
  readonly isGone: boolean;
  /** At work with them just now. */
  touch(): void;
  /** From now on they may go where others want the room and nobody is at work with them. */
  allowEviction(): void;
  /** Frees them now. A second call changes nothing. */
  release(): void;
}

const NO_BOUND = createByteSemaphore({ capacityBytes: Infinity });
const LEAST_BYTES = 128 * 1024;

/**
 * Waits for room. What the value itself says of its size is asked for first; where that is not true, as much as a record
 * may have. Never rejects.
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
