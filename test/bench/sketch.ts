/**
 * The least that keeps order per user with many calls at once: kafkajs's eachBatch, held until its work is done, a
 * line a user under a cap, a GET at Redis, undici's Pool. No validation, no rules, no metrics, no bounds, nothing for
 * a day on which something fails: the floor of what a pod does for an event beside the call itself.
 */
import { Redis } from 'ioredis';
import kafkajs from 'kafkajs';
import { Pool } from 'undici';

const { KAFKA_BROKERS = '', REDIS_URL = '', TOPIC = '', GROUP = '', URL: couponUrl = '' } = process.env;
const IN_FLIGHT = Number(process.env['IN_FLIGHT']);

interface Task {
  readonly event: Readonly<Record<string, string | number>>;
  readonly done: () => void;
}

const pool = new Pool(couponUrl, { connections: IN_FLIGHT });
const redis = new Redis(REDIS_URL, { enableAutoPipelining: true });
const lines = new Map<string, Task[]>();
const ready: Task[][] = [];
let running = 0;

async function work({ userId, eventId, latitude, longitude, merchantId }: Task['event']): Promise<void> {
  await redis.get(`cooldown:${String(userId)}`);
  const { body } = await pool.request({
    path: `/v1/coupons?userId=${String(userId)}&latitude=${String(latitude)}&longitude=${String(longitude)}&merchantId=${String(merchantId)}`,
    method: 'GET',
    headers: { 'x-event-id': String(eventId), authorization: 'Bearer bench' },
  });
  JSON.parse(await body.text());
}

function startWhatMay(): void {
  while (running < IN_FLIGHT) {
    const line = ready.shift();
    const task = line?.[0];
    if (line === undefined || task === undefined) return;
    running += 1;
    void work(task.event).then(() => {
      running -= 1;
      line.shift();
      if (line.length > 0) ready.push(line);
      else lines.delete(String(task.event['userId']));
      task.done();
      startWhatMay();
    });
  }
}

function submit(task: Task): void {
  const userId = String(task.event['userId']);
  const line = lines.get(userId);
  if (line !== undefined) {
    line.push(task);
    return;
  }
  const first = [task];
  lines.set(userId, first);
  ready.push(first);
  startWhatMay();
}

const kafka = new kafkajs.Kafka({
  brokers: KAFKA_BROKERS.split(','),
  clientId: 'sketch',
  logLevel: kafkajs.logLevel.ERROR,
});
const consumer = kafka.consumer({ groupId: GROUP });
await consumer.connect();
await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
await consumer.run({
  partitionsConsumedConcurrently: 12,
  eachBatch: async ({ batch, heartbeat }) => {
    const work = batch.messages.map(
      ({ value }) =>
        new Promise<void>((done) => {
          submit({ event: JSON.parse(value?.toString() ?? '') as Task['event'], done });
        }),
    );
    await Promise.all(work);
    await heartbeat();
  },
});
