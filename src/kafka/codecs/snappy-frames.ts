/**
 * Snappy as Kafka’s clients write it. Java’s is the xerial stream: a header, then blocks with their lengths.
 * librdkafka’s and others’ is one raw block. A raw block says how long it unpacks before anything is unpacked.
 */

/** Every xerial stream begins so. A raw block cannot: its first bytes are a length that never fits these. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = XERIAL_MAGIC.length + 8;

/** The raw blocks of a compressed batch. @throws RangeError where a block’s length goes beyond the data. */
export function snappyBlocks(data: Buffer): Buffer[] {
  if (!data.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return [data];
  const blocks: Buffer[] = [];
  let at = XERIAL_HEADER_BYTES;
  while (at < data.length) {
    const end = at + 4 + data.readUInt32BE(at);
    if (end > data.length) throw new RangeError('a snappy block goes beyond its batch');
    blocks.push(data.subarray(at + 4, end));
    at = end;
  }
  return blocks;
}

/** The unpacked size that a raw block begins with (a varint). @throws RangeError where there is none. */
export function snappyBlockSize(block: Buffer): number {
  let size = 0;
  for (let at = 0, factor = 1; at < 5; at += 1, factor *= 128) {
    const byte = block[at];
    if (byte === undefined) break;
    size += (byte & 0x7f) * factor;
    if (byte < 0x80) return size;
  }
  throw new RangeError('a snappy block without its size');
}
