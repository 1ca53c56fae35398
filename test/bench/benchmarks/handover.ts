/** Rolling restarts under load: what is done twice, and how long nobody works. */
import { setTimeout as sleep } from 'node:timers/promises';
import { judged, figure, type Benchmark } from '../benchmark.ts';
import type { StubStats } from '../coupon-stub-client.ts';
import { benchValue } from '../events.ts';
import type { Lab } from '../lab.ts';
import { median } from '../statistics.ts';
import { until } from '../until.ts';

const RESTARTS = 20;
const PODS = 3;
const PARTITIONS = 12;
const PER_SECOND = 600;
const TICK_MS = 50;

export const handover: Benchmark = {
  name: 'handover',
  title: 'handover',
  workload: `${String(PODS)} pods, ${String(PER_SECOND)} events/s, calls of 0–20 ms, ${String(RESTARTS)} rolling restarts by SIGTERM`,
  async run(lab) {
    await lab.stub.reset({ maxDelayMs: 20 });
    const topic = await lab.topic(PARTITIONS, []);
    const first = await lab.pod(topic);
    const rest = [];
    for (let pod = 1; pod < PODS; pod += 1)
      rest.push(await lab.pod(topic, { KAFKA_GROUP_ID: first.groupId }));
    const pods = [first, ...rest];
    for (const pod of pods) await pod.start();
    for (const pod of pods) await pod.waitUntilReady();
    const load = startLoad(lab, topic);
    const pauses: number[] = [];
    const exits: unknown[] = [];
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      const pod = pods[restart % PODS];
      if (pod === undefined) break;
      const fromMs = Date.now();
      exits.push((await pod.stop()).code);
      await pod.start();
      await pod.waitUntilReady();
      await sleep(500);
      pauses.push(longestGap(await lab.stub.stats(), fromMs, Date.now()));
    }
    const produced = await load.stop();
    await until(
      'every event was asked for',
      async () => (await lab.stub.stats()).answered >= produced,
      60_000,
    );
    await until(
      'everything is committed',
      async () => {
        const { committed, end } = await lab.offsets(topic, first.groupId);
        return committed >= end;
      },
      60_000,
    );
    for (const pod of pods) exits.push((await pod.stop()).code);
    const stats = await lab.stub.stats();
    if (exits.some((code) => code !== 0)) throw new Error(`a pod's exit code was not 0: ${exits.join(', ')}`);
    const disorder = stats.disorder + stats.overlaps;
    if (disorder > 0) throw new Error(`a promise was broken: ${String(disorder)} out of order`);
    return [
      judged('partner calls repeated', String(stats.repeated), '0', stats.repeated === 0),
      judged(
        'events without a call',
        String(produced - (stats.answered - stats.repeated)),
        '0',
        produced === stats.answered - stats.repeated,
      ),
      figure(
        'pause in throughput a restart, median and worst',
        `${(median(pauses) / 1000).toFixed(2)} s, ${(Math.max(...pauses) / 1000).toFixed(2)} s`,
      ),
    ];
  },
};

/** Produces at a steady pace until it is stopped. */
function startLoad(lab: Lab, topic: string): { stop(): Promise<number> } {
  const stopping = new AbortController();
  let event = 0;
  const running = (async () => {
    const producer = lab.kafka.producer();
    await producer.connect();
    while (!stopping.signal.aborted) {
      const messages = Array.from({ length: (PER_SECOND * TICK_MS) / 1000 }, () => {
        const userId = `user-${String(event % 997)}`;
        return { key: userId, value: benchValue(event++, userId, 0.5) };
      });
      await producer.send({ topic, messages });
      await sleep(TICK_MS);
    }
    await producer.disconnect();
    return event;
  })();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

/** The longest stretch without an answer that touches these moments, ms. */
function longestGap({ gaps }: StubStats, fromMs: number, toMs: number): number {
  const within = gaps.filter(({ afterMs, ms }) => afterMs + ms > fromMs && afterMs < toMs);
  return Math.max(50, ...within.map(({ ms }) => ms));
}
