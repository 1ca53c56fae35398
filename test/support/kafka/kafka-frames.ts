/**
 * Just enough of Kafka's wire format to know an offset commit's request and its reply among the others of a
 * connection: requests are size, api key, version, correlation id; replies are size, correlation id.
 */
const OFFSET_COMMIT = 8;

/** @returns the correlation id, or undefined where this is no offset commit. */
export function readCommitRequest(data: unknown): number | undefined {
  if (!Buffer.isBuffer(data) || data.length < 12) return undefined;
  const isWhole = data.readInt32BE(0) === data.length - 4;
  return isWhole && data.readInt16BE(4) === OFFSET_COMMIT ? data.readInt32BE(8) : undefined;
}

/** True where the chunk, which begins with a reply, holds the reply of this correlation id. */
export function isCommitReply(chunk: Buffer, correlationId: number): boolean {
  for (let at = 0; at + 8 <= chunk.length; at += 4 + chunk.readInt32BE(at)) {
    if (chunk.readInt32BE(at + 4) === correlationId) return true;
    if (chunk.readInt32BE(at) < 4) return false;
  }
  return false;
}
