/** A call of the push API that nothing but its time limit ends. */
import type { SendCall } from '../../../src/domain/delivery.ts';

/** Never passes while a test runs. */
const LONG_MS = 60_000;

export const OPEN_CALL: SendCall = {
  expiresAtMs: Date.now() + LONG_MS,
  idempotencyKey: 'k',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  fence: { leftMs: () => LONG_MS },
  signal: new AbortController().signal,
};
