/** Just enough of protobuf's wire format to read what an exporter has sent. */

export interface Message {
  /** Of every field by its number, in the order of coming; numbers as they are, everything else as its bytes. */
  readonly fields: ReadonlyMap<number, readonly (bigint | Buffer)[]>;
}

const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];

/** @throws RangeError or TypeError where it is no message. */
export function readMessage(bytes: Buffer): Message {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError('a field is cut off');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const value = (wire: number): bigint | Buffer => {
    if (wire === VARINT) return varint();
    if (wire === FIXED64) return take(8).readBigUInt64LE();
    if (wire === FIXED32) return BigInt(take(4).readUInt32LE());
    if (wire === BYTES) return take(Number(varint()));
    throw new TypeError(`no such wire type: ${String(wire)}`);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const found = value(tag & 7);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), found]);
  }
  return { fields };
}

export function messagesOf({ fields }: Message, field: number): Message[] {
  return (fields.get(field) ?? []).map((found) => readMessage(found as Buffer));
}

export function bytesOf({ fields }: Message, field: number): Buffer {
  return (fields.get(field)?.[0] ?? Buffer.alloc(0)) as Buffer;
}

export function textOf(message: Message, field: number): string {
  return bytesOf(message, field).toString();
}

export function numberOf({ fields }: Message, field: number): bigint {
  return (fields.get(field)?.[0] ?? 0n) as bigint;
}
