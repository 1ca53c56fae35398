/**
 * Knows whether Kafka answers, and how far partitions without traffic reach. Any answer of a broker counts. After a
 * while without one, and for the high watermarks anyway, the watch asks Kafka.
 */
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { within } from '../runtime/deadline.ts';
import { messageOf } from './client/client.ts';
import type { OffsetReader, PartitionRange } from './offsets/offset-reader.ts';

/** After this long without an answer the watch asks whether Kafka is there. */
const SILENCE_MS = 3000;
/** A question counts as unanswered after this long, well before the client gives it up. */
const ANSWER_TIMEOUT_MS = 5000;

export interface KafkaWatch {
  /** To be called at each answer of a broker. */
  readonly answered: () => void;
  /** Epoch ms; undefined while Kafka answers. */
  readonly awaySinceMs: number | undefined;
  stop(): void;
}

export interface KafkaWatchOptions {
  readonly reader: OffsetReader;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Why Kafka does not answer, in its client’s words; undefined once it does. Must not throw. */
  readonly onUnavailable?: (reason: string | undefined) => void;
  onRanges(ranges: ReadonlyMap<number, PartitionRange>): void;
}

function noAnswer(): never {
  throw new Error(`no answer within ${String(ANSWER_TIMEOUT_MS)} ms`);
}

export function createKafkaWatch(options: KafkaWatchOptions): KafkaWatch {
  const { clock, logger } = options;
  const stopped = new AbortController();
  let lastAnswerMs = clock.now();
  let awaySinceMs: number | undefined;
  let lastAskedMs = 0;
  let asking: Promise<ReadonlyMap<number, PartitionRange>> | undefined;

  function answered(): void {
    lastAnswerMs = clock.now();
    if (awaySinceMs === undefined) return;
    logger.info({ awayMs: lastAnswerMs - awaySinceMs }, 'Kafka answers again');
    awaySinceMs = undefined;
    options.onUnavailable?.(undefined);
  }

  async function ask(): Promise<void> {
    lastAskedMs = clock.now();
    try {
      // One question at a time: a broker that hangs would else collect them.
      asking ??= options.reader.ranges().finally(() => (asking = undefined));
      const ranges = await within(asking, { limitMs: ANSWER_TIMEOUT_MS, late: noAnswer, clock });
      if (stopped.signal.aborted) return;
      answered();
      options.onRanges(ranges);
    } catch (error) {
      if (stopped.signal.aborted || clock.now() - lastAnswerMs < SILENCE_MS) return;
      if (awaySinceMs === undefined) {
        logger.error({ error: messageOf(error) }, 'Kafka does not answer; waiting for it');
      }
      awaySinceMs ??= lastAnswerMs;
      options.onUnavailable?.(messageOf(error));
    }
  }

  async function watch(): Promise<void> {
    while (!stopped.signal.aborted) {
      const now = clock.now();
      if (now - lastAnswerMs >= SILENCE_MS || now - lastAskedMs >= options.intervalMs) await ask();
      await clock.sleep(1000, stopped.signal);
    }
  }
  void watch();

  return {
    answered,
    get awaySinceMs() {
      return awaySinceMs;
    },
    stop() {
      stopped.abort();
    },
  };
}
