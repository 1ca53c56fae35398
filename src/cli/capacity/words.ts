/** A plan for a person: a line for each part, then what gives out in its order. */
import { formatBytes } from './format-bytes.ts';
import { REMEDIES, type Plan, type Question } from './plan.ts';

/** @param machines that the figures were taken on. */
export function inWords(question: Question, plan: Plan, machines: readonly string[]): string[] {
  const { eventsPerSecond, coupon, askedShare, pushShare, pushWaitSeconds, replicas } = question;
  const { pods, partitions, poolSize, inFlight, cpu, redis, kafka, limits, holds } = plan;
  const rows: [string, string][] = [
    [
      'load',
      `${count(eventsPerSecond)} events/s; ${percent(askedShare)} asked, ${percent(pushShare)} pushed`,
    ],
    [
      'coupon calls',
      `p50 ${count(coupon.p50Ms)} ms, p99 ${count(coupon.p99Ms)} ms: ${count(plan.couponMeanMs)} ms on average`,
    ],
    ['pods', `${count(pods)}; each gets ${count(plan.podEventsPerSecond)} events/s done at most`],
    ['partitions', `${count(partitions)}; pods beyond that would rest`],
    [
      'calls in flight',
      `${count(inFlight.mean)} a pod on average, ${count(inFlight.slow)} while all are as slow as the p99`,
    ],
    ['pool', `COUPON_API_CONCURRENCY=${String(poolSize)}`],
    [
      'CPU',
      `${cores(cpu.cores)} in all, ${percent(cpu.share)} of what these pods can use; ${count(cpu.microsPerEvent)} µs an event`,
    ],
    ['pushes', `${count(plan.pushesPerSecond)} a second, ${count(plan.users)} users`],
    ['Redis', `${count(redis.commandsPerSecond)} commands/s, ${percent(redis.share)} of its thread`],
    [
      'Redis’ memory',
      `${formatBytes(redis.memory.waiting)} wait for ${count(pushWaitSeconds)} s; ${formatBytes(redis.memory.afterDay)} after a day at this rate, ${formatBytes(redis.memory.after30Days)} after 30`,
    ],
    [
      'Kafka',
      `${formatBytes(kafka.events)}/s of events, ${formatBytes(kafka.outcomes)}/s of outcomes; ${formatBytes(kafka.writes)}/s on disks with ${count(replicas)} copies`,
    ],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const parts = Math.max(...limits.map(({ part }) => part.length));
  return [
    ...rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`),
    '',
    'gives out at, first things first',
    ...limits.map(({ part, eventsPerSecond: at }) => {
      const when = `${count(at)} events/s`.padStart(20);
      return `  ${part.padEnd(parts)}  ${when}  ${REMEDIES[part]}`;
    }),
    '',
    holds
      ? `The load is carried. Figures: npm run bench, on ${machines.join('; ')}.`
      : `The load is NOT carried: ${firstOf(limits)} at ${count(limits[0]?.eventsPerSecond ?? 0)} events/s.`,
  ];
}

function firstOf([first]: Plan['limits']): string {
  return first === undefined ? 'nothing gives out' : `${first.part} gives out`;
}

function count(value: number): string {
  const digits = value !== 0 && Math.abs(value) < 10 ? 1 : 0;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

function cores(value: number): string {
  return `${value.toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} cores`;
}

function percent(share: number): string {
  return `${count(100 * share)} %`;
}
