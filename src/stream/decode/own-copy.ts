/**
 * Copies of bytes that may live for long, in memory that little else shares. `Buffer.from` puts small copies side by
 * side in 64 KiB. One waiting event would keep all of that, and ten thousand of them more than a pod has.
 */

const SLAB_BYTES = 4096;
/** Larger copies get memory of their own, which costs about half a microsecond more. */
const LARGEST_IN_A_SLAB = 1024;

let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let used = 0;

/** The same bytes, keeping at most 4 KiB of memory beside their own. */
export function copyOf(bytes: Buffer): Buffer {
  const { length } = bytes;
  if (length > LARGEST_IN_A_SLAB) {
    const copy = Buffer.allocUnsafeSlow(length);
    bytes.copy(copy);
    return copy;
  }
  if (used + length > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  const copy = slab.subarray(used, used + length);
  bytes.copy(copy);
  used += length;
  return copy;
}
