/** Records that wait for a request. Sends them in batches, a few requests at a time, each record in its turn. */

export interface SendQueue<Item> {
  add(item: Item): void;
  /** Sends what waits at once. Resolves once nothing waits and no request is out. Never rejects. */
  flush(): Promise<void>;
}

export interface SendQueueOptions<Item> {
  /** Requests out at once, ≥ 1. */
  readonly maxInFlight: number;
  /** How long an item waits for company, ms. */
  readonly lingerMs: number;
  /** Settles each item of the batch. Must not reject. */
  readonly send: (batch: readonly Item[]) => Promise<void>;
}

const MAX_BATCH_ITEMS = 500;
/** Below what brokers take by default (1 MiB), so that records which fit one by one fit together. */
const MAX_BATCH_BYTES = 512 * 1024;

export function createSendQueue<Item extends { readonly bytes: number }>(
  options: SendQueueOptions<Item>,
): SendQueue<Item> {
  const waiting: Item[] = [];
  let timer: NodeJS.Timeout | undefined;
  let inFlight = 0;
  let idle: PromiseWithResolvers<void> | undefined;

  function takeBatch(): Item[] {
    let bytes = 0;
    let count = 0;
    for (const item of waiting) {
      bytes += item.bytes;
      if (count > 0 && (bytes > MAX_BATCH_BYTES || count >= MAX_BATCH_ITEMS)) break;
      count += 1;
    }
    return waiting.splice(0, count);
  }

  function sendWhatMay(): void {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0 && inFlight < options.maxInFlight) {
      inFlight += 1;
      void options.send(takeBatch()).finally(() => {
        inFlight -= 1;
        sendWhatMay();
      });
    }
    if (waiting.length === 0 && inFlight === 0) idle?.resolve();
  }

  return {
    add(item) {
      waiting.push(item);
      if (waiting.length >= MAX_BATCH_ITEMS) sendWhatMay();
      else timer ??= setTimeout(sendWhatMay, options.lingerMs);
    },
    async flush() {
      idle ??= Promise.withResolvers();
      const { promise } = idle;
      sendWhatMay();
      await promise;
      idle = undefined;
    },
  };
}
