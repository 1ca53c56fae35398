/** What pods say of when a backlog will be gone, against when it was. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PodProcess } from '../../simulation/demo/pods.ts';
import { openPageStream, type PageStream } from '../../support/browser/page-stream.ts';
import { figure, judged, type Benchmark, type Figure } from '../benchmark.ts';
import { benchEvents } from '../events.ts';
import type { Lab } from '../lab.ts';
import { whole } from '../statistics.ts';
import { until } from '../until.ts';

const EVENTS = 1_000_000;
const PARTITIONS = 12;
const USERS = 10_000;
/** Calls at once in a pod: the partner bounds the pace, not the machine. */
const CALLS_AT_ONCE = 32;
const LOOK_EVERY_S = 30;
const MOST_SECONDS = 1200;
const REACH_PERCENT = 20;

/** Seconds since both pods were ready, and how many more each of them gave the backlog then. */
interface Look {
  readonly atS: number;
  /** The slowest partition's, of all pods; null where one is not known. */
  readonly statusS: number | null;
  readonly pageS: number | null;
}

export const eta: Benchmark = {
  name: 'eta',
  title: 'when a backlog will be gone',
  workload: `${whole(EVENTS)} events behind, ${String(PARTITIONS)} partitions, ${whole(USERS)} users, two pods with ${String(CALLS_AT_ONCE)} calls of 0–20 ms at once each; what \`/status\` and the page say against when all was committed; once`,
  async run(lab) {
    const topic = await lab.topic(PARTITIONS, benchEvents(EVENTS, USERS));
    await lab.stub.reset({ maxDelayMs: 20 });
    const first = await lab.pod(topic, { COUPON_API_CONCURRENCY: String(CALLS_AT_ONCE) });
    const second = await lab.pod(topic, {
      COUPON_API_CONCURRENCY: String(CALLS_AT_ONCE),
      KAFKA_GROUP_ID: first.groupId,
    });
    const pods = [first, second];
    await Promise.all(pods.map((pod) => pod.start()));
    await Promise.all(pods.map((pod) => pod.waitUntilReady()));
    const page = await openPageStream(first.url);
    try {
      const { looks, goneS } = await watch(lab, pods, page, () => lab.offsets(topic, first.groupId));
      return [
        figure('until all was committed', `${goneS.toFixed(0)} s (${whole(EVENTS / goneS)} events/s)`),
        ...looks.flatMap((look, at) => figuresOf(look, goneS, at === 0)),
      ];
    } finally {
      await page.stop();
      await Promise.all(pods.map((pod) => pod.stop()));
    }
  },
};

async function watch(
  lab: Lab,
  pods: readonly PodProcess[],
  page: PageStream,
  offsets: () => Promise<{ readonly committed: number; readonly end: number }>,
): Promise<{ readonly looks: readonly Look[]; readonly goneS: number }> {
  const beganMs = performance.now();
  const passedS = (): number => (performance.now() - beganMs) / 1000;
  const looks: Look[] = [];
  const gone = new AbortController();
  const looking = (async () => {
    for (;;) {
      const waitMs = Math.max(0, (looks.length + 1) * LOOK_EVERY_S - passedS()) * 1000;
      await sleep(waitMs, undefined, { signal: gone.signal }).catch(() => undefined);
      if (gone.signal.aborted) return;
      const look = { atS: passedS(), statusS: await statusEta(pods), pageS: pageEta(page) };
      lab.say(`  after ${look.atS.toFixed(0)} s: ${JSON.stringify([look.statusS, look.pageS])} s more`);
      looks.push(look);
    }
  })();
  await until(
    'everything is committed',
    async () => {
      const { committed, end } = await offsets();
      return committed >= end;
    },
    MOST_SECONDS * 1000,
    { isAlive: () => pods.every((pod) => pod.isRunning()), logFile: pods[0]?.logFile ?? '' },
    200,
  );
  const goneS = passedS();
  gone.abort();
  await looking;
  // Of the last seconds nothing more is to be foreseen.
  return { looks: looks.filter(({ atS }) => atS < goneS - LOOK_EVERY_S / 2), goneS };
}

async function statusEta(pods: readonly PodProcess[]): Promise<number | null> {
  const statuses = await Promise.all(pods.map((pod) => pod.status()));
  const etas = statuses.flatMap((status) => status?.partitions.map(({ etaSeconds }) => etaSeconds) ?? [null]);
  return etas.length === 0 || etas.includes(null) ? null : Math.max(...etas.map((one) => one ?? 0));
}

const UNITS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 };

/** As a person reads it off. */
function pageEta(page: PageStream): number | null {
  const told = page.view()?.keyNumbers.find(({ name }) => name === 'Backlog gone in');
  if (told === undefined) return null;
  const parts = `${told.value} ${told.unit}`.replaceAll('\u00A0', ' ').matchAll(/([\d.]+) (s|min|h)\b/g);
  return [...parts].reduce((sum, [, value, unit = '']) => sum + Number(value) * (UNITS[unit] ?? NaN), 0);
}

function figuresOf({ atS, statusS, pageS }: Look, goneS: number, isJudged: boolean): Figure[] {
  const leftS = goneS - atS;
  const rows = [
    ['`/status`', statusS],
    ['the page', pageS],
  ] as const;
  return rows.map(([who, saidS]) => {
    const measured = `${who} after ${atS.toFixed(0)} s, when ${leftS.toFixed(0)} s were left`;
    const off = saidS === null ? NaN : (100 * (saidS - leftS)) / leftS;
    const value =
      saidS === null
        ? 'said nothing'
        : `${saidS.toFixed(0)} s (${off >= 0 ? '+' : '−'}${Math.abs(off).toFixed(0)} %)`;
    const reach = `± ${String(REACH_PERCENT)} %`;
    return isJudged
      ? judged(measured, value, reach, Math.abs(off) <= REACH_PERCENT)
      : figure(measured, value);
  });
}
