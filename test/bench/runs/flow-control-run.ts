/**
 * Ten partitions, nine of which wait until the free one has been read: as this engine does it, as kafkajs's own
 * pause does it, and the free one alone. Counts the bytes that came over the wire.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { report } from '../child.ts';
import { startEngine } from './engine.ts';

const { KAFKA_BROKERS: brokers = '', TOPIC: topic = '', GROUP: groupId = '', WAY = '' } = process.env;
/** The free partition among the held ones, whose number it is, too. */
const FREE = Number(process.env['FREE']);
const FREE_RECORDS = Number(process.env['FREE_RECORDS']);
const HELD_RECORDS = Number(process.env['HELD_RECORDS']);
const TOTAL = FREE_RECORDS + (WAY === 'alone' ? 0 : FREE * HELD_RECORDS);
/** A held partition's records are asked for again this often, as a poll loop does. */
const POLL_MS = 100;

const sockets: Socket[] = [];
subscribe('net.client.socket', (message) => sockets.push((message as { socket: Socket }).socket));
const bytesRead = (): number => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0);

const freeEnded = Promise.withResolvers<undefined>();
const allEnded = Promise.withResolvers<undefined>();
let firstFreeMs = 0;
let freeMs = 0;
let startMs = 0;
let free = 0;
let done = 0;

function count(isFree: boolean): void {
  done += 1;
  if (isFree) {
    firstFreeMs ||= performance.now();
    free += 1;
    if (free === HELD_RECORDS) startMs = performance.now() - firstFreeMs;
    if (free === FREE_RECORDS) {
      freeMs = performance.now() - firstFreeMs;
      freeEnded.resolve(undefined);
    }
  }
  if (done === TOTAL) allEnded.resolve(undefined);
}

/** The engine: work on a held partition's events waits until the free one is through. */
async function runEngine(): Promise<void> {
  const consumer = startEngine({
    ...{ brokers, topic, groupId, ordering: 'user', maxRunningEvents: 512 },
    handleEvent: ({ source }) => ({
      key: `${String(source.partition)}/${String(Number(source.offset) % 50)}`,
      run: async () => {
        const isFree = WAY === 'alone' || source.partition === FREE;
        if (isFree) await sleep(1);
        else await freeEnded.promise;
        count(isFree);
      },
      abandon: () => undefined,
    }),
  });
  await allEnded.promise;
  report({ freeMs, startMs, bytes: bytesRead() });
  await consumer.stop();
}

/** What is usually done with kafkajs: what cannot be worked on now is paused, and looked at again at each poll. */
async function runPausing(): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let isHeld = true;
  await consumer.run({
    partitionsConsumedConcurrently: FREE + 1,
    eachBatchAutoResolve: false,
    autoCommit: false,
    eachBatch: async ({ batch, resolveOffset, pause }) => {
      if (batch.partition !== FREE && isHeld) {
        const resume = pause();
        setTimeout(resume, POLL_MS);
        return;
      }
      for (let from = 0; from < batch.messages.length; from += 50) {
        await sleep(1);
        for (const message of batch.messages.slice(from, from + 50)) {
          resolveOffset(message.offset);
          count(batch.partition === FREE);
        }
      }
    },
  });
  await freeEnded.promise;
  isHeld = false;
  await allEnded.promise;
  report({ freeMs, startMs, bytes: bytesRead() });
}

/** Nothing held: what the topic's bytes come to on the wire. */
async function runPlain(): Promise<void> {
  freeEnded.resolve(undefined);
  const consumer = startEngine({
    ...{ brokers, topic, groupId, ordering: 'none', maxRunningEvents: 512 },
    handleEvent: () => ({
      key: undefined,
      run: () => {
        count(false);
        return Promise.resolve();
      },
      abandon: () => undefined,
    }),
  });
  await allEnded.promise;
  report({ freeMs, startMs, bytes: bytesRead() });
  await consumer.stop();
}

await (WAY === 'pausing' ? runPausing() : WAY === 'plain' ? runPlain() : runEngine());
process.exit(0);
