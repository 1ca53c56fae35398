/**
 * Sends records to one topic: many a request, acknowledged by all in-sync replicas before a call resolves.
 *
 * Not idempotent. kafkajs's idempotent producer sends one request at a time to a broker and takes its sequence
 * numbers back after an error whose fate is unknown (a timeout), which the broker then refuses for good. What is
 * sent here is read as "at least once", so a copy after a retry is harmless, a producer that is stuck is not.
 */
import kafkajs, { type IHeaders, type Message, type PartitionerArgs, type Producer } from 'kafkajs';
import { UnavailableError } from '../domain/errors.ts';
import type { Logger } from '../pipeline/ports.ts';
import { brokerErrorType, createKafkaClient, type KafkaConnection } from './client.ts';
import { ensureCodecs } from './codecs.ts';

const { CompressionTypes, Partitioners } = kafkajs;
type CompressionTypes = kafkajs.CompressionTypes;

export interface OutgoingRecord {
  readonly key: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: IHeaders;
}

export interface RecordSender {
  /**
   * Resolves with `sent` once the broker has acknowledged it, with `too_large` once it has refused it for its
   * size, however packed. Rejects with UnavailableError after a few tries of about three seconds in all.
   */
  send(record: OutgoingRecord): Promise<'sent' | 'too_large'>;
  /** Sends what waits and disconnects; bounded in time. Later sends reject with UnavailableError. */
  stop(): Promise<void>;
}

export interface RecordSenderOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly logger: Logger;
  /** How long a record waits for company, ms. Default 5. */
  readonly lingerMs?: number;
}

const MAX_BATCH_RECORDS = 500;
/** Below what brokers take by default (1 MiB), so that records which fit one by one fit together. */
const MAX_BATCH_BYTES = 512 * 1024;
const MAX_BATCHES_IN_FLIGHT = 4;
/** Larger batches are packed: what came packed and fitted should fit again. */
const PACK_FROM_BYTES = 64 * 1024;
const RECORD_OVERHEAD_BYTES = 100;
const STOP_TIMEOUT_MS = 3000;

interface Waiting extends PromiseWithResolvers<'sent' | 'too_large'> {
  readonly message: Message;
  readonly bytes: number;
}

export function createRecordSender(options: RecordSenderOptions): RecordSender {
  const { topic } = options;
  ensureCodecs();
  const placement = createPlacement();
  const producer = createKafkaClient(options.connection, options.logger).producer({
    createPartitioner: () => placement.choose,
    allowAutoTopicCreation: false,
    metadataMaxAge: 30_000,
  });
  const connect = createConnector(producer);
  const waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let inFlight = 0;
  let isStopped = false;

  async function deliver(batch: readonly Waiting[], compression: CompressionTypes): Promise<void> {
    await connect();
    const messages = batch.map(({ message }) => message);
    const answers = await producer.send({ topic, acks: -1, compression, messages });
    const acknowledged = new Set(answers.map(({ partition }) => partition));
    const left = batch.filter(({ message }) => !acknowledged.has(placement.of(message)));
    for (const one of batch) if (!left.includes(one)) one.resolve('sent');
    if (left.length > 0) throw new Error(`${String(left.length)} records were sent to no partition's leader`);
  }

  /** A batch is refused as a whole: then each record goes alone, and alone it is packed as well as we can. */
  async function deliverOrSplit(batch: readonly Waiting[]): Promise<void> {
    const bytes = sumBytes(batch);
    try {
      await deliver(batch, bytes >= PACK_FROM_BYTES ? CompressionTypes.GZIP : CompressionTypes.None);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      for (const one of batch) await deliverAlone(one);
    }
  }

  async function deliverAlone(one: Waiting): Promise<void> {
    try {
      await deliver([one], CompressionTypes.ZSTD);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      one.resolve('too_large');
    }
  }

  function takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const one of waiting) {
      bytes += one.bytes;
      if (count > 0 && (bytes > MAX_BATCH_BYTES || count >= MAX_BATCH_RECORDS)) break;
      count += 1;
    }
    return waiting.splice(0, count);
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0 && inFlight < MAX_BATCHES_IN_FLIGHT) {
      const batch = takeBatch();
      inFlight += 1;
      deliverOrSplit(batch)
        .catch((error: unknown) => {
          for (const one of batch) one.reject(new UnavailableError('Kafka', error));
        })
        .finally(() => {
          inFlight -= 1;
          flush();
        });
    }
  }

  return {
    send({ key, value, headers }) {
      if (isStopped) return Promise.reject(new UnavailableError('Kafka', 'the producer has been stopped'));
      const message: Message = { key, value, ...(headers === undefined ? {} : { headers }) };
      const one: Waiting = {
        ...Promise.withResolvers<'sent' | 'too_large'>(),
        message,
        bytes: sizeOf(message),
      };
      waiting.push(one);
      if (waiting.length >= MAX_BATCH_RECORDS) flush();
      else timer ??= setTimeout(flush, options.lingerMs ?? 5);
      return one.promise;
    },
    async stop() {
      isStopped = true;
      flush();
      const last = waiting.at(-1)?.promise.catch(() => undefined);
      const closed = (async () => {
        await last;
        while (inFlight > 0) await delay(5);
        await producer.disconnect();
      })();
      await Promise.race([closed.catch(() => undefined), delay(STOP_TIMEOUT_MS)]);
    },
  };
}

/**
 * Where each message goes, the same at every try of one request, and remembered.
 *
 * kafkajs 2.2.4 resolves a send of which it has left a part out: records of a partition without a leader, and
 * those whose leader moved, between two tries, to a broker that has already answered the first. So only what is
 * known to lie in a partition that was acknowledged counts as sent.
 */
function createPlacement() {
  const choose = Partitioners.DefaultPartitioner();
  const places = new WeakMap<object, number>();
  return {
    choose: (args: PartitionerArgs): number => {
      const place = places.get(args.message) ?? choose(args);
      places.set(args.message, place);
      return place;
    },
    of: (message: Message): number => places.get(message) ?? -1,
  };
}

/** Connects once, at the first need; after a failure again at the next. */
function createConnector(producer: Producer): () => Promise<void> {
  let connecting: Promise<void> | undefined;
  return () => {
    connecting ??= producer.connect().catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  };
}

function isTooLarge(error: unknown): boolean {
  const type = brokerErrorType(error);
  return type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE';
}

function sumBytes(batch: readonly Waiting[]): number {
  return batch.reduce((sum, one) => sum + one.bytes, 0);
}

function sizeOf({ key, value, headers = {} }: Message): number {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of Object.entries(headers)) {
    for (const one of Array.isArray(header) ? header : [header]) bytes += name.length + (one?.length ?? 0);
  }
  return bytes;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
