/** Reads Kafka's numbers and texts out of an answer, one after the other. Every read past the end throws. */

export interface WireReader {
  /** Where the next read begins. */
  readonly at: number;
  int8(): number;
  int16(): number;
  int32(): number;
  int64(): bigint;
  /** A 64-bit number that is an offset. @throws RangeError beyond ±2^53. */
  offset(): number;
  /** Of two bytes' length; empty where it is null. */
  string(): string;
  /** An unsigned number of 32 bits, in variable length. */
  uvarint(): number;
  /** A signed number of 32 bits, in variable length. */
  varint(): number;
  /** Of 64 bits. */
  varlong(): number;
  /** @param length of -1: null. The slice shares the answer's memory. */
  bytes(length: number): Buffer | null;
  skip(length: number): void;
}

/** The answer is not as Kafka writes it at this place. */
export class WireError extends RangeError {
  override readonly name = 'WireError';
}

export function createWireReader(buffer: Buffer, start = 0): WireReader {
  let at = start;

  function take(length: number): number {
    const from = at;
    if (length < 0 || from + length > buffer.length) {
      throw new WireError(`${String(length)} bytes wanted at ${String(from)} of ${String(buffer.length)}`);
    }
    at = from + length;
    return from;
  }

  /** Not exact beyond 2^53: only times are that far apart, and none that mean anything. */
  function unsigned(mostBytes: number): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < mostBytes; count += 1) {
      const byte = buffer[take(1)] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new WireError(`a number of more than ${String(mostBytes)} bytes at ${String(at)}`);
  }

  function signed(mostBytes: number): number {
    const value = unsigned(mostBytes);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  return {
    get at() {
      return at;
    },
    int8: () => buffer.readInt8(take(1)),
    int16: () => buffer.readInt16BE(take(2)),
    int32: () => buffer.readInt32BE(take(4)),
    int64: () => buffer.readBigInt64BE(take(8)),
    offset() {
      const from = take(8);
      const value = buffer.readInt32BE(from) * 2 ** 32 + buffer.readUInt32BE(from + 4);
      if (!Number.isSafeInteger(value)) throw new WireError(`an offset beyond 2^53 at ${String(from)}`);
      return value;
    },
    string() {
      const length = buffer.readInt16BE(take(2));
      if (length < 0) return '';
      const from = take(length);
      return buffer.toString('utf8', from, from + length);
    },
    uvarint: () => unsigned(5),
    varint: () => signed(5),
    varlong: () => signed(10),
    bytes(length) {
      if (length === -1) return null;
      const from = take(length);
      return buffer.subarray(from, from + length);
    },
    skip(length) {
      take(length);
    },
  };
}
