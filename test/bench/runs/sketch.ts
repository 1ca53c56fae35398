/**
 * The least that keeps order per user with many calls at once: kafkajs's eachBatch, held until its work is done, a
 * line a user under a cap, a GET at Redis, undici's Pool. No validation, no rules, no metrics, no bounds, nothing for
 * a day on which something fails: the floor of what a pod does for an event beside the call itself.
 */
import { Redis } from 'ioredis';
import { Pool } from 'undici';
import { openSubscribed, PARTITIONS_AT_ONCE } from './subscribed.ts';

const { REDIS_URL = '', URL: couponUrl = '' } = process.env;
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

const consumer = await openSubscribed('sketch');
await consumer.run({
  partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
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
