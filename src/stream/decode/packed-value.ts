/**
 * A packed value, unpacked for a while. Unpacked bytes are held under one bound for the whole pod, however many records
 * are being taken apart at once, and given back the moment they are not needed: the packed value stays, and they can be
 * had again.
 */
import { createByteRoom, type ByteRoom } from '../../runtime/collections/byte-semaphore.ts';
import { giveBack, hintUnpackedBytes, unpackGzip } from './unpack-gzip.ts';

export interface UnpackLimits {
  /** A value larger than this, as it came or unpacked, is `too_large`. */
  readonly maxRecordBytes: number;
  /** Where unpacked bytes are held. Default: without bound. */
  readonly unpackRoom?: ByteRoom | undefined;
}

export type InRoom =
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

const NO_BOUND = createByteRoom({ size: Infinity });
const LEAST_BYTES = 128 * 1024;

/**
 * Waits for room. What the value itself says of its size is asked for first; where that is not true, as much as a record
 * may have. Never rejects.
 */
export async function unpackInRoom(
  packed: Buffer,
  { maxRecordBytes, unpackRoom: room = NO_BOUND }: UnpackLimits,
): Promise<InRoom> {
  const told = Math.min(maxRecordBytes, Math.max(LEAST_BYTES, hintUnpackedBytes(packed)));
  const first = await unpackWithin(told, packed, room);
  if (first.kind !== 'too_large' || told === maxRecordBytes) return first;
  return unpackWithin(maxRecordBytes, packed, room);
}

async function unpackWithin(maxBytes: number, packed: Buffer, room: ByteRoom): Promise<InRoom> {
  const grant = await room.acquire(maxBytes);
  const unpacked = await unpackGzip(packed, maxBytes);
  if (unpacked.kind !== 'bytes') {
    grant.release();
    return unpacked;
  }
  const { bytes } = unpacked;
  let isGone = false;
  const release = (): void => {
    if (isGone) return;
    isGone = true;
    giveBack(bytes);
    grant.release();
  };
  grant.shrinkTo(bytes.length);
  const held: HeldValue = {
    bytes,
    get isGone() {
      return isGone;
    },
    touch: () => {
      grant.touch();
    },
    allowEviction: () => {
      grant.allowEviction(release);
    },
    release,
  };
  return { kind: 'bytes', held };
}
